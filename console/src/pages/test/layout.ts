/** Where each route's line stands in each column: the ranks that the engine gave it after each rule. */

import type { Schemas } from '../../api/client'
import { label } from '../../parts/labels'

/** A route of a decision, one of now or one on record. */
export type Candidate = Schemas['PlaceAnswer']
export type Stage = Schemas['StageAnswer']

export type Line = {
  route: string
  provider: string
  target: string
  priority: number
  position: number | null
  ranks: (number | null)[]
  why: string[]
  ended: string
}

/** More lines than these are hard to follow: of those that were not tried, the first ones are drawn. */
const MOST = 15

export function layout(
  candidates: Candidate[],
  stages: Stage[],
): {
  columns: { title: string; sentence: string; count: number }[]
  lines: Line[]
  hidden: number
} {
  const all = candidates.map(one => ({
    route: one.route_id,
    provider: one.provider_id,
    target: one.target,
    priority: one.priority,
    position: one.position,
    ranks: stages.map(stage => (stage.ranks as Record<string, number>)[one.route_id] ?? null),
    why: one.why,
    ended: one.why.at(-1) ?? '',
  }))
  const shown = new Set(
    [...all].sort((a, b) => Number(a.position === null) - Number(b.position === null)).slice(0, MOST),
  )
  const lines = all.filter(line => shown.has(line))
  return {
    columns: stages.map(stage => ({
      title: label(stage.rule),
      sentence: stage.sentence,
      count: Object.keys(stage.ranks).length,
    })),
    lines: compacted(lines, stages.length),
    hidden: all.length - lines.length,
  }
}

/** The same order in each column, without gaps where lines are not drawn. */
function compacted(lines: Line[], columns: number): Line[] {
  const ranks = lines.map(line => [...line.ranks])
  for (let column = 0; column < columns; column++) {
    const order = lines
      .map((line, i) => [line.ranks[column], i] as const)
      .filter(([rank]) => rank != null)
      .sort(([a], [b]) => (a ?? 0) - (b ?? 0))
    for (const [place, [, i]] of order.entries()) (ranks[i] as (number | null)[])[column] = place
  }
  return lines.map((line, i) => ({ ...line, ranks: ranks[i] ?? [] }))
}
