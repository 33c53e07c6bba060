/** Instants as the API writes them (UTC, microseconds) and as the viewer reads them. */

const NEVER = '9999'
const ZONE = 'dialplane-zone'

/** ms since 1970 with fractions; null for what has not happened. */
export function instant(text: string | null | undefined): number | null {
  if (!text || text.startsWith(NEVER)) return null
  const iso = text.includes('T') ? text : `${text.replace(' ', 'T')}Z`
  const whole = Date.parse(iso.replace(/(\.\d{3})\d*/, '$1'))
  return whole + Number(`0.${/\.\d{3}(\d*)/.exec(iso)?.[1] || '0'}`)
}

/** An instant (ms) as query parameters take it. */
export const stamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '000')

export const zone = {
  get: () => (localStorage.getItem(ZONE) === 'utc' ? 'UTC' : undefined),
  set: (isUtc: boolean) => localStorage.setItem(ZONE, isUtc ? 'utc' : 'local'),
}

/** An instant as a field for day and clock holds it, in the viewer's zone; "" for what has not happened. */
export function typed(text: string | null | undefined): string {
  const ms = instant(text)
  if (ms === null) return ''
  const ahead_ms = zone.get() ? 0 : -new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms + ahead_ms).toISOString().slice(0, 16)
}

/** What such a field holds, as the API takes it; null where it is empty. */
export const fromTyped = (value: string): string | null =>
  value ? stamp(Date.parse(zone.get() ? `${value}Z` : value)) : null

const today = (ms: number) => day(ms) === day(Date.now())
const format = (options: Intl.DateTimeFormatOptions) => (ms: number) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone.get(), ...options }).format(ms)
const day = format({ year: 'numeric', month: '2-digit', day: '2-digit' })
const clock = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dated = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const years = format({ day: 'numeric', month: 'short', year: 'numeric' })

/** The clock for today, else the day with it, or the day alone where the year is another. */
export function shown(ms: number): string {
  if (today(ms)) return clock(ms)
  return Math.abs(ms - Date.now()) > 180 * 86_400_000 ? years(ms) : dated(ms)
}

const minutes = format({ hour: '2-digit', minute: '2-digit' })
const days = format({ day: 'numeric', month: 'short' })

/** A mark of a time axis: the clock, or the day where the axis is longer than two. */
export const tick = (ms: number, [first = 0, ...rest]: number[]): string =>
  (rest.at(-1) ?? 0) - first > 172_800 ? days(ms) : minutes(ms)

export const whole = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`

const UNITS: [number, Intl.RelativeTimeFormatUnit][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

export function ago(ms: number): string {
  const past = ms - Date.now()
  const [size, unit] = UNITS.find(([size]) => Math.abs(past) >= size) ?? [1000, 'second' as const]
  return relative.format(Math.round(past / size), unit)
}
