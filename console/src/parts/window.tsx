/** Which time a page looks at, as its address says: as far back as one of a few lengths, or a part of that. */
import { Button, SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'wouter'
import { DEFAULT_WINDOW, WINDOWS } from '../api/tables'
import { instant, shown, stamp } from '../api/time'
import { useKeys } from './keys'
import { sentence } from './sentences'

type Name = keyof typeof WINDOWS

const EVERY_MS = 10_000
const MINUTE_MS = 60_000

/** A part of a window, in ms since 1970. */
export type Part = { from: number; to: number }

const lengths = Object.values(WINDOWS)
/** The length of the steps that a part of so many seconds is drawn in: that of the shortest window that holds it. */
const stepOf = (seconds: number) =>
  lengths.find(one => one.seconds >= seconds)?.step ?? Math.max(...lengths.map(one => one.step))

function partOf(params: URLSearchParams): Part | null {
  const [from, to] = ['from', 'to'].map(name => instant(params.get(name)) ?? Number.NaN)
  return from !== undefined && to !== undefined && from < to ? { from, to } : null
}

/** What these parameters of a page's address name: what is asked of the API, and the whole window in ms. */
export function looked(params: URLSearchParams) {
  const wanted = params.get('window') ?? ''
  const name: Name = wanted in WINDOWS ? (wanted as Name) : DEFAULT_WINDOW
  const { seconds, step } = WINDOWS[name]
  const now = Math.floor(Date.now() / EVERY_MS) * EVERY_MS
  const whole = { from: now - seconds * 1000, to: now }
  const part = partOf(params)
  const asked = part
    ? { from: stamp(part.from), to: stamp(part.to), step: stepOf((part.to - part.from) / 1000) }
    : { from: stamp(whole.from), to: undefined, step }
  return { name, part, whole, asked }
}

/** A whole minute as an address has it. */
const inAddress = (ms: number) => `${new Date(Math.round(ms / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16)}Z`

export function useWindow() {
  const [params, setParams] = useSearchParams()
  const set = (part: Part | null) =>
    setParams(now => {
      const next = new URLSearchParams(now)
      for (const name of ['from', 'to'] as const)
        if (part) next.set(name, inAddress(part[name]))
        else next.delete(name)
      return next
    })
  return { ...looked(params), select: (part: Part) => set(part), leave: () => set(null) }
}

export type Window = ReturnType<typeof useWindow>

export function WindowChoice() {
  const [, setParams] = useSearchParams()
  const { name, part, leave } = useWindow()
  useKeys(part ? { Escape: leave } : {})
  return (
    <>
      {part && (
        <Button variant="light" size="xs" title={sentence('window_whole')} onClick={leave}>
          {shown(part.from)} – {shown(part.to)} · Whole window
        </Button>
      )}
      <SegmentedControl
        size="xs"
        aria-label="Window of time"
        value={name}
        onChange={value => setParams({ window: value }, { replace: true })}
        data={Object.entries(WINDOWS).map(([value, { label }]) => ({ value, label }))}
      />
    </>
  )
}
