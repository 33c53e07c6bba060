/** Lines or stacked areas over time; all charts of a page share one cursor. Marks are revisions and breakers that opened: a
 * change and its effect. */
import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import { tick } from '../api/time'
import type { Part } from './window'

export type Series = { label: string; color: string; values: (number | null)[] }
type Props = {
  label: string
  /** Begins of the steps, in s since 1970. */
  times: number[]
  series: Series[]
  shown: (value: number) => string
  stacked?: boolean
  top?: number
  height?: number
  /** Instants in s since 1970, with whether what was then is bad. */
  marks?: { at: number; isBad: boolean }[]
  /** What is done with the part of the time that is dragged over; nothing is dragged over without it. */
  onSelect?: (part: Part) => void
}

const ENOUGH_FOR_A_LINE = 3
/** What is shorter is a click. */
const DRAGGED_PX = 8

const cursor = uPlot.sync('console')

export default function Chart({
  label,
  times,
  series,
  shown,
  stacked,
  top,
  height = 150,
  marks = [],
  onSelect,
}: Props) {
  const box = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const select = useRef(onSelect)
  select.current = onSelect
  const isHeld = useHeld()
  const drawn = useRef('')
  if (!isHeld) drawn.current = JSON.stringify([times, series, marks])
  const data = drawn.current
  // `data` stands for what is drawn, by value; that stays while something is dragged over
  useEffect(() => {
    const node = box.current
    if (!node || times.length === 0) return
    const of = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
    const heights = stacked ? sums(series) : series.map(one => one.values)
    const axis = {
      stroke: of('--dim'),
      grid: { stroke: of('--line'), width: 1 },
      ticks: { show: false },
      font: '11px "Inter Variable", system-ui',
    }
    const plot = new uPlot(
      {
        width: node.clientWidth,
        height,
        legend: { show: false },
        cursor: {
          sync: { key: cursor.key },
          points: { size: 6 },
          y: false,
          drag: { x: !!select.current, y: false, setScale: false, dist: DRAGGED_PX },
        },
        scales: { y: { range: (_, __, most) => [0, top ?? Math.max(1, most * 1.08)] } },
        axes: [
          { ...axis, space: 70, size: 26, values: (_, instants) => instants.map(at => tick(at * 1000, times)) },
          { ...axis, size: 52, space: 34, values: (_, values) => values.map(shown) },
        ],
        series: [
          {},
          ...series.map(one => ({
            label: one.label,
            stroke: one.color,
            width: 1.6,
            points: { show: one.values.filter(value => value !== null).length < ENOUGH_FOR_A_LINE },
            spanGaps: false,
            fill: stacked ? `${one.color}40` : undefined,
          })),
        ],
        bands: stacked ? series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] })) : [],
        hooks: {
          setSelect: [
            drawing => {
              const { left, width } = drawing.select
              const [first, last] = [left, left + width].map(x => times[drawing.posToIdx(x)] ?? 0)
              if (width === 0 || first === undefined || last === undefined || first >= last) return
              drawing.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
              const step = (times[1] ?? 0) - (times[0] ?? 0)
              select.current?.({ from: first * 1000, to: (last + step) * 1000 })
            },
          ],
          draw: [
            drawing => {
              const { ctx, bbox } = drawing
              ctx.save()
              ctx.setLineDash([3, 3])
              for (const mark of marks) {
                const x = drawing.valToPos(mark.at, 'x', true)
                if (x < bbox.left || x > bbox.left + bbox.width) continue
                ctx.strokeStyle = of(mark.isBad ? '--bad-line' : '--dim')
                ctx.beginPath()
                ctx.moveTo(x, bbox.top)
                ctx.lineTo(x, bbox.top + bbox.height)
                ctx.stroke()
              }
              ctx.restore()
            },
          ],
        },
      },
      [times, ...heights] as uPlot.AlignedData,
      node,
    )
    const watch = new ResizeObserver(() => plot.setSize({ width: node.clientWidth, height }))
    watch.observe(node)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [data, scheme, height, stacked, top])
  return (
    <figure className="chart">
      <figcaption className="row wrap">
        <span>{label}</span>
        {series.length > 1 &&
          series.map(one => (
            <span key={one.label} className="row dim">
              <i className="swatch" style={{ background: one.color }} />
              {one.label}
            </span>
          ))}
      </figcaption>
      <div ref={box} style={{ height }} role="img" aria-label={label} />
    </figure>
  )
}

/** Whether a button of the pointer is down. */
function useHeld() {
  const [isHeld, hold] = useState(false)
  useEffect(() => {
    const ended = new AbortController()
    const on = (event: string, act: () => void) => window.addEventListener(event, act, { signal: ended.signal })
    on('pointerdown', () => hold(true))
    for (const event of ['pointerup', 'pointercancel', 'blur']) on(event, () => hold(false))
    return () => ended.abort()
  }, [])
  return isHeld
}

/** Each series on top of those before it. */
function sums(series: Series[]): (number | null)[][] {
  const total: number[] = []
  return series.map(one => one.values.map((value, i) => (total[i] = (total[i] ?? 0) + (value ?? 0))))
}
