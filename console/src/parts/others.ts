/** A list while others change what it shows: their rows flash and change in place, but for what is in somebody's hands. */
import { type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { revisions } from '../api/live'

const FLASH_MS = 4000

type Props<T> = {
  rows: T[] | undefined
  id: (row: T) => string
  /** When the rows were answered, ms. */
  at: number
  /** What the list is of: another one is shown at once. */
  of: string
  /** Nothing of others is shown meanwhile. */
  isPaused: boolean
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** The ids of rows that are new in `next`, or others than in `shown`. */
function differing<T>(shown: T[], next: T[], id: (row: T) => string): string[] {
  const before = new Map(shown.map(row => [id(row), row]))
  return next.filter(row => !isSame(before.get(id(row)), row)).map(id)
}

/** The rows of `shown`, where they stand, as they are in `next`; those of `held` as they were. */
function inPlace<T>(shown: T[], next: T[], id: (row: T) => string, held: string[]): T[] {
  const after = new Map(next.map(row => [id(row), row]))
  return shown.map(row => (held.includes(id(row)) ? row : (after.get(id(row)) ?? row)))
}

const rowOf = (target: EventTarget) => (target as Element).closest<HTMLElement>('tr[data-row]')?.dataset.row ?? ''
/** The row with a field that is typed into; one that goes with its field loses the focus without a word. */
function editedRow(): string {
  const here = document.activeElement
  return here instanceof HTMLInputElement && here.type !== 'checkbox' ? rowOf(here) : ''
}

/** `changed`: ids of rows that flash; `waiting`: how many that others changed are not shown yet; `hands`: for what is around. */
export function useOthers<T>({ rows, id, at, of, isPaused }: Props<T>) {
  const [shown, setShown] = useState({ rows, at, of, ...revisions() })
  const [changed, setChanged] = useState<string[]>([])
  const [pointed, setPointed] = useState('')
  const [edited, setEdited] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const now = revisions()
  const isAnother = of !== shown.of || !rows || !shown.rows
  const isOfOthers = !isAnother && now.others > shown.others && now.ours === shown.ours && !isSame(rows, shown.rows)
  useLayoutEffect(() => {
    if (rows === shown.rows && at === shown.at && of === shown.of) return
    if (!isOfOthers || !rows || !shown.rows) return setShown({ rows, at, of, ...now })
    if (isPaused) return
    const held = [pointed, edited].filter(Boolean)
    const next = held.length ? inPlace(shown.rows, rows, id, held) : rows
    const flashing = differing(shown.rows, next, id)
    if (held.length && flashing.length === 0) return
    setShown(held.length ? { ...shown, rows: next } : { rows, at, of, ...now })
    setChanged(flashing)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setChanged([]), FLASH_MS)
  }, [rows, at, of, shown, isOfOthers, isPaused, pointed, edited])
  useEffect(() => () => clearTimeout(timer.current), [])
  const look = () => void setTimeout(() => setEdited(editedRow()))
  const hands = {
    onPointerOver: (event: PointerEvent) => setPointed(rowOf(event.target)),
    onPointerLeave: () => setPointed(''),
    onFocus: look,
    onBlur: look,
    onKeyDown: look,
  }
  const waiting = isOfOthers && rows && shown.rows ? differing(shown.rows, rows, id).length : 0
  return { rows: isAnother ? rows : shown.rows, changed, waiting, hands }
}
