/** The whole window as a line with two ends, of which each is moved by pointer or arrow keys: what lies between is looked at. */
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { shown } from '../api/time'
import { sentence } from './sentences'
import type { Part, Window } from './window'

const PAUSE_MS = 400

export default function Brush({ window: { part, whole, select, leave, asked } }: { window: Window }) {
  const step = asked.step * 1000
  const least = Math.floor(Math.min(whole.from, part?.from ?? whole.from) / step) * step
  const most = Math.ceil(Math.max(whole.to, part?.to ?? whole.to) / step) * step
  const seen = part ?? { from: least, to: most }
  const [held, hold] = useState<Part | null>(null)
  const { from, to } = held ?? seen
  const end = useDebouncedCallback((next: Part) => {
    hold(null)
    if (next.from <= least && next.to >= most) leave()
    else select(next)
  }, PAUSE_MS)
  const move = (next: Part) => {
    hold(next)
    end(next)
  }
  useEffect(() => hold(null), [part?.from, part?.to])
  const share = (ms: number) => `${((ms - least) / (most - least)) * 100}%`
  const ends = [
    [sentence('window_begin'), from, (ms: number) => ({ from: Math.min(ms, to - step), to })],
    [sentence('window_end'), to, (ms: number) => ({ from, to: Math.max(ms, from + step) })],
  ] as const
  return (
    <div className="brush">
      <div className="track" aria-hidden="true">
        <i style={{ left: share(from), right: `calc(100% - ${share(to)})` }} />
      </div>
      {ends.map(([name, value, moved]) => (
        <input
          key={name}
          type="range"
          min={least}
          max={most}
          step={step}
          value={value}
          aria-label={name}
          aria-valuetext={shown(value)}
          onChange={event => move(moved(Number(event.currentTarget.value)))}
        />
      ))}
      <div className="between dim num" aria-hidden="true">
        <span>{shown(least)}</span>
        {(part ?? held) && (
          <b>
            {shown(from)} – {shown(to)}
          </b>
        )}
        <span>{shown(most)}</span>
      </div>
    </div>
  )
}
