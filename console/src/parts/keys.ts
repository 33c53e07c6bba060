/** Keys that act wherever nobody types: single letters, and `g` with a letter after it. */
import { useEffect, useRef } from 'react'

type Keys = Record<string, () => void>

const NO_TEXT = new Set(['checkbox', 'radio', 'button', 'range'])

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && NO_TEXT.has(target.type))

const PAUSE_MS = 1200
const held: { current: Keys }[] = []
let lead = 0

window.addEventListener('keydown', event => {
  const { key } = event
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  if (document.querySelector('[role=dialog]')) return
  const isSecond = event.timeStamp - lead < PAUSE_MS && lead > 0
  lead = key === 'g' && !isSecond ? event.timeStamp : 0
  const name = isSecond ? `g ${key}` : key
  const act = held.findLast(keys => name in keys.current)?.current[name]
  if (!act) return
  event.preventDefault()
  act()
})

/** Each key's function while the component is drawn; `g o` for two keys in turn. What is drawn last comes first. */
export function useKeys(keys: Keys) {
  const current = useRef(keys)
  current.current = keys
  useEffect(() => {
    held.push(current)
    return () => void held.splice(held.indexOf(current), 1)
  }, [])
}
