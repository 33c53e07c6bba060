/** The box of filters of a list: its words and examples are the list's own, the names are of the objects there are. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Refusal } from '../api/client'
import { LISTS } from '../api/filters'
import { type Agent, useAll, useCustomers, useMay, useProviders, useTrunks } from '../api/queries'
import { FilterBox } from './FilterBox'
import type { Field } from './FilterFields'
import { termsOf, unquoted } from './filter'
import { sentence } from './sentences'

type Props = {
  list: keyof typeof LISTS
  value: string
  onChange: (value: string) => void
  /** What the list was refused for; the box says it if that is the filter. */
  error: unknown
}

export function Filter({ list, value, onChange, error }: Props) {
  const may = useMay()
  const named = useNamed(list === 'revision')
  const { words, like, plural } = LISTS[list]
  return (
    <FilterBox
      value={value}
      onChange={onChange}
      words={words.filter(word => !word.kind || may(`${word.kind}.list`))}
      names={kind => Object.keys(named(kind))}
      says={({ says }, isNot) =>
        isNot ? sentence('filter_not', { what: plural, says }) : sentence('filter_only', { what: plural, says })
      }
      placeholder={like}
      error={error instanceof Refusal ? error.field('filter') : undefined}
    />
  )
}

const FilterFields = lazy(() => import('./FilterFields'))

/** The box, and behind a button the same filter as fields. */
export function Filters({ fields, ...box }: Props & { fields: readonly Field[] }) {
  const [isMore, setMore] = useState(false)
  return (
    <>
      <div className="bar">
        <Filter {...box} />
        <div className="beside">
          <Button variant="default" aria-expanded={isMore} onClick={() => setMore(!isMore)}>
            {isMore ? 'Less' : 'More'}
          </Button>
        </div>
      </div>
      {isMore && (
        <Suspense>
          <FilterFields list={box.list} value={box.value} onChange={box.onChange} fields={fields} />
        </Suspense>
      )}
    </>
  )
}

type Named = { id: string; name: string; hostname?: string }

/** Name -> id of the objects of a kind; beside its name an object is known by its id. `people`: of those, too. */
export function useNamed(people = false) {
  const may = useMay()
  const agents = useAll<Agent>('/v1.0/agents', {}, { enabled: people && may('agent.list') }).data
  const objects: Record<string, Named[] | undefined> = {
    provider: useProviders().data,
    customer: useCustomers().data,
    trunk: useTrunks().data,
    agent: agents?.map(one => ({ id: one.id, name: one.username })),
  }
  return (kind: string): Record<string, string> =>
    Object.fromEntries(objects[kind]?.map(one => [one.name || one.hostname || one.id, one.id]) ?? [])
}

/** The values of a filter's terms by their words, of those without a minus. */
export const valuesOf = (filter: string): Record<string, string | undefined> =>
  Object.fromEntries(termsOf(filter).flatMap(one => (one.minus ? [] : [[one.word, unquoted(one.value)]])))

/** The object of a kind that a filter names; undefined where it names none, or several. */
export const meantBy = (filter: string, kind: string, named: ReturnType<typeof useNamed>): string | undefined =>
  Object.entries(named(kind)).find(one =>
    one.some(text => text.toLowerCase() === valuesOf(filter)[kind]?.toLowerCase()),
  )?.[1]
