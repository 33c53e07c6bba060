/** How a list looks to whoever looks: its columns, its rows, and views of it that have a name. A browser keeps them for each
 *  person; the columns stand in the address too, so that a link shows the same to others. */
import { ActionIcon, Button, Checkbox, Popover, SegmentedControl, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconX } from '@tabler/icons-react'
import { type FormEvent, useEffect } from 'react'
import { Link, useLocation, useSearch, useSearchParams } from 'wouter'
import { useMe } from '../api/queries'
import { type Column, useRows } from './Grid'

/** Not shown until it is chosen. */
export type Choice<T> = Column<T> & { head: string; isExtra?: boolean }
type Saved = { name: string; to: string }

function useKept<T>(what: string, list: string, initial: T) {
  const key = `dialplane-${what}-${list}-${useMe().data?.username ?? ''}`
  return useLocalStorage<T>({ key, defaultValue: initial, getInitialValueInEffect: false })
}

/** The columns to show, the keys of those that are chosen ('' for none), and how to choose. */
export function useColumns<T>(list: string, all: Choice<T>[]) {
  const [params, setParams] = useSearchParams()
  const [kept, keep] = useKept('columns', list, '')
  const inAddress = params.get('columns')
  const write = (keys: string) =>
    setParams(
      now => {
        const next = new URLSearchParams(now)
        if (keys) next.set('columns', keys)
        else next.delete('columns')
        return next
      },
      { replace: true },
    )
  useEffect(() => {
    if (kept && inAddress === null) write(kept)
  }, [])
  const keys = (inAddress ?? '').split(',')
  const chosen = all.filter(one => keys.includes(one.key)).map(one => ({ ...one, wide: false }))
  const choose = (next: string) => {
    keep(next)
    write(next)
  }
  return { shown: chosen.length > 0 ? chosen : all.filter(one => !one.isExtra), choose }
}

type Props<T> = { list: string; all: Choice<T>[]; shown: Column<T>[]; choose: (keys: string) => void }

export function View<T>({ list, all, shown, choose }: Props<T>) {
  const [rows, setRows] = useRows()
  const isShown = (key: string) => shown.some(one => one.key === key)
  const turn = (key: string) =>
    choose(
      all
        .map(one => one.key)
        .filter(one => (one === key ? !isShown(one) : isShown(one)))
        .join(','),
    )
  return (
    <Popover position="bottom-end" shadow="md" width={270} trapFocus>
      <Popover.Target>
        <Button variant="default" className="view">
          View
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack">
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label="Rows"
            data={[
              { value: 'roomy', label: 'Roomy' },
              { value: 'dense', label: 'Dense' },
            ]}
            value={rows}
            onChange={setRows}
          />
          <fieldset className="choices">
            <legend className="dim">Columns</legend>
            {all.map(one => (
              <Checkbox
                key={one.key}
                size="xs"
                label={one.head}
                checked={isShown(one.key)}
                disabled={shown.length === 1 && isShown(one.key)}
                onChange={() => turn(one.key)}
              />
            ))}
          </fieldset>
          <Button variant="subtle" onClick={() => choose('')}>
            Columns as at first
          </Button>
          <Views list={list} />
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function Views({ list }: { list: string }) {
  const [views, setViews] = useKept<Saved[]>('views', list, [])
  const [path] = useLocation()
  const search = useSearch()
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const name = String(new FormData(form).get('name')).trim()
    if (!name) return
    const to = search ? `${path}?${search}` : path
    setViews([...views.filter(one => one.name !== name), { name, to }])
    form.reset()
  }
  return (
    <>
      {views.length > 0 && (
        <ul className="views" aria-label="Saved views">
          {views.map(one => (
            <li key={one.name}>
              <Link href={one.to}>{one.name}</Link>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={`Forget ${one.name}`}
                onClick={() => setViews(views.filter(other => other.name !== one.name))}
              >
                <IconX size={13} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      <form className="row" onSubmit={save}>
        <TextInput name="name" aria-label="Name of this view" placeholder="Name this view" flex={1} />
        <Button type="submit" variant="default">
          Save
        </Button>
      </form>
    </>
  )
}
