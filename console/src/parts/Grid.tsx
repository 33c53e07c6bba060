/** A table whose rows are walked by keyboard: j and k or the arrows move, Enter opens, x selects, Shift-x a range. */
import { Checkbox, Skeleton } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useKeys } from './keys'
import { sentence } from './sentences'

export type Column<T> = {
  key: string
  head: ReactNode
  cell: (row: T) => ReactNode
  number?: boolean
  /** Left out where the window is narrow. */
  wide?: boolean
  width?: number | string
}

/** How close rows stand to each other: roomy or dense, as this browser keeps it. */
export const useRows = () =>
  useLocalStorage({ key: 'dialplane-rows', defaultValue: 'roomy', getInitialValueInEffect: false })

type Props<T> = {
  label: string
  columns: Column<T>[]
  rows: T[] | undefined
  id: (row: T) => string
  onOpen?: (row: T) => void
  keys?: Record<string, (row: T) => void>
  chosen?: Set<string>
  onChoose?: (chosen: Set<string>) => void
  /** Moves the row one place up or down among others. */
  onMove?: (row: T, isUp: boolean) => void
  /** Ids of rows that somebody else has just changed. */
  changed?: string[]
  busy?: boolean
  empty?: ReactNode
}

export function Grid<T>({
  label,
  columns,
  rows,
  id,
  onOpen,
  keys = {},
  chosen,
  onChoose,
  onMove,
  changed,
  busy,
  empty,
}: Props<T>) {
  const [at, setAt] = useState(0)
  const [anchor, setAnchor] = useState(0)
  const [density] = useRows()
  const body = useRef<HTMLTableSectionElement>(null)
  const last = (rows?.length ?? 0) - 1
  const here = Math.min(at, Math.max(0, last))

  const move = (to: number) => {
    const next = Math.max(0, Math.min(last, to))
    setAt(next)
    ;(body.current?.rows[next] as HTMLElement | undefined)?.focus()
  }
  const choose = (range: boolean) => {
    if (!rows || !onChoose) return
    const next = new Set(chosen)
    const [from, to] = range ? [Math.min(anchor, here), Math.max(anchor, here)] : [here, here]
    const isNew = range || !next.has(id(rows[here] as T))
    for (const row of rows.slice(from, to + 1)) isNew ? next.add(id(row)) : next.delete(id(row))
    setAnchor(here)
    onChoose(next)
  }
  const row = rows?.[here]
  useKeys({
    j: () => move(document.activeElement?.closest('tbody') === body.current ? here + 1 : here),
    k: () => move(here - 1),
    x: () => choose(false),
    X: () => choose(true),
    ...Object.fromEntries(Object.entries(keys).map(([key, act]) => [key, () => row && act(row)])),
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLTableRowElement
    if (target.tagName !== 'TR') return
    const moving = rows?.[target.sectionRowIndex]
    if (event.altKey && onMove && moving && /^Arrow(Up|Down)$/.test(event.key)) onMove(moving, event.key === 'ArrowUp')
    else if (event.key === 'ArrowDown') move(here + 1)
    else if (event.key === 'ArrowUp') move(here - 1)
    else if (event.key === 'Enter' && row && onOpen) onOpen(row)
    else return
    event.preventDefault()
  }

  if (rows && rows.length === 0 && empty) return <div className="grid-box">{empty}</div>
  const everyone = rows && rows.length > 0 && rows.every(row => chosen?.has(id(row)))
  return (
    <div className="grid-box" aria-busy={busy || undefined}>
      <table className={`grid ${density} ${busy ? 'busy' : ''}`} aria-label={label}>
        <thead>
          <tr>
            {onChoose && (
              <th style={{ width: 34 }}>
                <Checkbox
                  size="xs"
                  aria-label={sentence('choose_all')}
                  checked={!!everyone}
                  indeterminate={!everyone && !!chosen?.size}
                  onChange={() => onChoose(everyone ? new Set() : new Set(rows?.map(id)))}
                />
              </th>
            )}
            {columns.map(column => (
              <th key={column.key} className={classOf(column)} style={{ width: column.width }} scope="col">
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {!rows && <Waiting columns={columns.length + (onChoose ? 1 : 0)} />}
          {rows?.map((row, i) => (
            <tr
              key={id(row)}
              tabIndex={i === here ? 0 : -1}
              className={onOpen ? 'open' : ''}
              data-row={id(row)}
              data-changed={changed?.includes(id(row)) || undefined}
              title={changed?.includes(id(row)) ? sentence('row_changed') : undefined}
              data-chosen={chosen?.has(id(row)) || undefined}
              onFocus={event => event.target.tagName === 'TR' && setAt(i)}
              onClick={event => {
                if ((event.target as HTMLElement).closest('a,button,input,label')) return
                setAt(i)
                onOpen?.(row)
              }}
            >
              {onChoose && (
                <td>
                  <Checkbox
                    size="xs"
                    tabIndex={-1}
                    aria-label={`Row ${i + 1}`}
                    checked={chosen?.has(id(row)) ?? false}
                    onChange={() => {
                      const next = new Set(chosen)
                      next.has(id(row)) ? next.delete(id(row)) : next.add(id(row))
                      onChoose(next)
                    }}
                  />
                </td>
              )}
              {columns.map(column => (
                <td key={column.key} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const classOf = <T,>({ number, wide }: Column<T>) => `${number ? 'n' : ''} ${wide ? 'wide' : ''}`.trim() || undefined

const Waiting = ({ columns }: { columns: number }) =>
  [0, 1, 2, 3, 4].map(row => (
    <tr key={row}>
      {Array.from({ length: columns }, (_, i) => (
        <td key={i}>
          <Skeleton height={10} width={`${40 + ((row * 17 + i * 29) % 45)}%`} />
        </td>
      ))}
    </tr>
  ))
