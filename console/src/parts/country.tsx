/** A number or a target, and the country that it is of. */
import { COUNTRIES } from '../api/countries'

const NAMES = new Map(Object.entries(COUNTRIES).flatMap(([name, all]) => all.split(' ').map(digits => [digits, name])))
const LONGEST = Math.max(...[...NAMES.keys()].map(digits => digits.length))

/** By the longest beginning that is known; '' for none. */
function countryOf(number: string): string {
  if (!number.startsWith('+')) return ''
  for (let end = Math.min(number.length, LONGEST + 1); end > 1; end--) {
    const name = NAMES.get(number.slice(1, end))
    if (name) return name
  }
  return ''
}

export function Numbered({ number }: { number: string }) {
  const country = countryOf(number)
  return (
    <span className="nowrap">
      <span className="mono">{number}</span>
      {country && <span className="dim"> · {country}</span>}
    </span>
  )
}
