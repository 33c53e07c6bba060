/** The terms of a filter as fields: each writes its own term into the one text that the box shows, and reads it there. */
import { Select, TextInput } from '@mantine/core'
import { LISTS } from '../api/filters'
import { useMay } from '../api/queries'
import { fromTyped, typed } from '../api/time'
import { useNamed, valuesOf } from './Filter'
import { quoted, type Word, withValue } from './filter'
import { Typed } from './pickers'

/** `words`: what people call the values, where that is something else. `isTime`: two fields, since when and before. */
export type Field = {
  word: string
  label: string
  like?: string
  words?: Readonly<Record<string, string>>
  isPattern?: boolean
  isTime?: boolean
}

type Props = { list: keyof typeof LISTS; fields: readonly Field[]; value: string; onChange: (value: string) => void }
type One = { field: Field; value: string; set: (value: string | null) => void }

export default function FilterFields({ list, fields, value, onChange }: Props) {
  const may = useMay()
  const named = useNamed(list === 'revision')
  const words: readonly Word[] = LISTS[list].words
  return (
    <fieldset className="filters" aria-label="More filters">
      {fields.map(field => {
        const word = words.find(one => one.name === field.word)
        if (word?.kind && !may(`${word.kind}.list` as Parameters<typeof may>[0])) return null
        const one = {
          field,
          value: valuesOf(value)[field.word] ?? '',
          set: (next: string | null) => onChange(withValue(value, field.word, next)),
        }
        if (field.isTime) return <Times key={field.word} {...one} />
        if (word?.kind) return <Chosen key={field.word} {...one} among={Object.keys(named(word.kind))} isName />
        if (field.words) return <Chosen key={field.word} {...one} among={word?.values ?? []} />
        return (
          <Typed
            key={field.word}
            label={field.label}
            placeholder={field.like}
            width="100%"
            value={one.value}
            onChange={next => one.set(next && (field.isPattern ? next.replace(/[\s"]/g, '') : quoted(next)))}
          />
        )
      })}
    </fieldset>
  )
}

function Chosen({ field, value, set, among, isName }: One & { among: readonly string[]; isName?: boolean }) {
  return (
    <Select
      label={field.label}
      placeholder="Any"
      searchable={isName}
      clearable
      clearButtonProps={{ 'aria-label': `Any ${field.label.toLowerCase()}` }}
      data={among.map(one => ({ value: one, label: field.words?.[one] ?? one }))}
      value={among.find(one => one.toLowerCase() === value.toLowerCase()) ?? null}
      onChange={next => set(next && isName ? quoted(next) : next)}
      nothingFoundMessage="Nothing has that name"
    />
  )
}

const PERIOD = /^(>=|<)?([\d-]{10}[\dT:]*)Z?(?:\.\.([\d-]{10}[\dT:]*)Z?)?$/

/** From when, and before when, as fields hold them; "" where the filter has no such bound. */
function bounds(value: string): [string, string] {
  const [, sign, first = '', last = ''] = PERIOD.exec(value) ?? []
  const [since, before] = sign === '<' ? ['', first] : [first, last]
  return [local(since), local(before)]
}

const local = (utc: string) => typed(utc && `${utc}${'T00:00'.slice(utc.length - 10)}Z`)
const inUtc = (value: string) => fromTyped(value)?.replace(' ', 'T').slice(0, 16) ?? ''

function between(since: string, before: string): string | null {
  if (since && before) return `${since}..${before}`
  return since ? `>=${since}` : before && `<${before}`
}

function Times({ value, set }: One) {
  const [since, before] = bounds(value)
  const field = (label: string, shown: string, write: (next: string) => void) => (
    <TextInput label={label} type="datetime-local" value={shown} onChange={event => write(event.currentTarget.value)} />
  )
  return (
    <>
      {field('Since', since, next => set(between(inUtc(next), inUtc(before))))}
      {field('Before', before, next => set(between(inUtc(since), inUtc(next))))}
    </>
  )
}
