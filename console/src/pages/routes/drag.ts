/** Rows of a list dragged by a handle, with a mouse, a pen or a finger; Alt and an arrow do the same by one place. Esc lets go. */
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'

/** Earlier or later, and past which other; without one by one place. */
export type Place = { to: 'earlier' | 'later'; past?: string }
type Edge = { id: string; side: 'before' | 'after' }

/** Where a row goes that is let go at the edge of another; null where it stands already. */
export function placeOf(order: string[], dragged: string, { id, side }: Edge): Place | null {
  const from = order.indexOf(dragged)
  const others = order.filter(one => one !== dragged)
  const at = others.indexOf(id) + (side === 'after' ? 1 : 0)
  if (id === dragged || at === from) return null
  return at < from ? { to: 'earlier', past: others[at] } : { to: 'later', past: others[at - 1] }
}

/** `order`: the ids of the rows that can be dragged, as they stand; each is an element with its id as `data-route`. */
export function useDrag(order: string[], onMove: (id: string, place: Place) => void) {
  const list = useRef<HTMLOListElement>(null)
  const [dragged, setDragged] = useState('')
  const [edge, setEdge] = useState<Edge | null>(null)
  const letGo = () => {
    setDragged('')
    setEdge(null)
  }
  useEffect(() => {
    if (!dragged) return
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      event.stopPropagation()
      letGo()
    }
    window.addEventListener('keydown', press, true)
    return () => window.removeEventListener('keydown', press, true)
  }, [dragged])
  const edgeAt = (y: number): Edge | null => {
    const rows = order.flatMap(id => list.current?.querySelector<HTMLElement>(`[data-route="${id}"]`) ?? [])
    const middles = rows.map(row => [row.dataset.route ?? '', row.getBoundingClientRect()] as const)
    const before = middles.find(([, box]) => y < box.top + box.height / 2)
    if (before) return { id: before[0], side: 'before' }
    const last = middles.at(-1)
    return last ? { id: last[0], side: 'after' } : null
  }
  const handle = (id: string) => ({
    'data-mantine-stop-propagation': dragged === id || undefined,
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      setDragged(id)
    },
    onPointerMove: ({ clientY }: PointerEvent) => {
      if (dragged === id) setEdge(edgeAt(clientY))
    },
    onPointerUp: ({ clientY }: PointerEvent) => {
      const to = dragged === id && edgeAt(clientY)
      const place = to && placeOf(order, id, to)
      letGo()
      if (place) onMove(id, place)
    },
    onPointerCancel: letGo,
    onKeyDown: (event: KeyboardEvent) => {
      if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key)) return
      event.preventDefault()
      onMove(id, { to: event.key === 'ArrowUp' ? 'earlier' : 'later' })
    },
  })
  return { list, dragged, edge, handle }
}
