/** How far back a page looks, as its address says. */
import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'wouter'
import { DEFAULT_WINDOW, WINDOWS } from '../api/tables'
import { stamp } from '../api/time'

type Name = keyof typeof WINDOWS

const EVERY_MS = 10_000

/** The window that these parameters of a page name: what is asked about it. */
export function looked(params: URLSearchParams) {
  const wanted = params.get('window') ?? ''
  const name: Name = wanted in WINDOWS ? (wanted as Name) : DEFAULT_WINDOW
  const { seconds, step } = WINDOWS[name]
  const from = stamp(Math.floor(Date.now() / EVERY_MS) * EVERY_MS - seconds * 1000)
  return { name, from, step }
}

export function WindowChoice() {
  const [params, setParams] = useSearchParams()
  return (
    <SegmentedControl
      size="xs"
      aria-label="Window of time"
      value={looked(params).name}
      onChange={value => setParams({ window: value }, { replace: true })}
      data={Object.entries(WINDOWS).map(([value, { label }]) => ({ value, label }))}
    />
  )
}
