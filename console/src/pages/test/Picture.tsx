/** The decision as lines: one for each route, one column for each rule; a line that ends says why. */

import { sentence } from '../../parts/sentences'
import { SERIES } from '../../theme'
import { type Candidate, layout, type Stage } from './layout'

const LEFT = 190
const RIGHT = 190
const TOP = 50
const ROW = 32
const WIDTH = 1120

/** `before`: the candidates of the decision that it is compared with. */
type Props = { candidates: Candidate[]; stages: Stage[]; before?: Candidate[]; name: (id: string) => string }

export function Picture({ candidates, stages, before, name }: Props) {
  const was = new Map(before?.map(one => [one.route_id, one.position]))
  const { columns, lines, hidden } = layout(candidates, stages)
  const gap = (WIDTH - LEFT - RIGHT) / Math.max(1, columns.length - 1)
  const x = (column: number) => LEFT + column * gap
  const y = (rank: number) => TOP + 16 + rank * ROW
  const height = y(Math.max(0, ...lines.flatMap(line => line.ranks.filter(rank => rank !== null)))) + 24
  const providers = [...new Set(lines.map(line => line.provider))]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className="drawn" tabIndex={0}>
      <svg
        id="decision"
        className="picture"
        width="100%"
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={sentence('decision_drawn')}
      >
        {columns.map((column, i) => (
          <g key={column.title}>
            <title>{column.sentence}</title>
            <text x={x(i)} y={16} textAnchor="middle" fontWeight={580}>
              {column.title}
            </text>
            <text className="dim num" x={x(i)} y={32} textAnchor="middle">
              {column.count}
            </text>
            <line className="rule" x1={x(i)} x2={x(i)} y1={42} y2={height - 6} strokeDasharray="2 4" />
          </g>
        ))}
        {lines.map(line => {
          const color = SERIES[providers.indexOf(line.provider) % SERIES.length]
          const end = line.ranks.findLastIndex(rank => rank !== null)
          const isTried = line.position !== null
          const path = line.ranks
            .slice(0, end + 1)
            .map((rank, i) => {
              const [px, py] = [x(i), y(rank ?? 0)]
              if (i === 0) return `M${px} ${py}`
              const before = [x(i - 1), y(line.ranks[i - 1] ?? 0)] as const
              const middle = (before[0] + px) / 2
              return `C${middle} ${before[1]} ${middle} ${py} ${px} ${py}`
            })
            .join('')
          return (
            <g key={line.route} className={isTried ? '' : 'ended'}>
              <title>{`${name(line.provider)}, ${line.target} priority ${line.priority}: ${line.why.join('; ')}`}</title>
              <path
                d={path}
                fill="none"
                stroke={isTried ? color : 'var(--dim)'}
                strokeWidth={isTried ? 2.4 : 1.3}
                strokeDasharray={isTried ? undefined : '4 4'}
              />
              <text x={LEFT - 14} y={y(line.ranks[0] ?? 0) - 1} textAnchor="end" fontWeight={520}>
                {name(line.provider)}
              </text>
              <text className="dim mono" x={LEFT - 14} y={y(line.ranks[0] ?? 0) + 12} textAnchor="end">
                {line.target} · {line.priority}
              </text>
              {line.ranks.map(
                (rank, i) =>
                  rank !== null &&
                  (i < end || !isTried) && (
                    <circle key={i} cx={x(i)} cy={y(rank)} r={3.5} fill={isTried ? color : 'var(--dim)'} />
                  ),
              )}
              {isTried ? (
                <>
                  <circle cx={x(end)} cy={y(line.ranks[end] ?? 0)} r={10} fill={color} />
                  <text className="place" x={x(end)} y={y(line.ranks[end] ?? 0) + 4} textAnchor="middle">
                    {line.position}
                  </text>
                  <text x={x(end) + 18} y={y(line.ranks[end] ?? 0) + 4} fontWeight={580}>
                    {name(line.provider)}
                  </text>
                  {before && was.get(line.route) !== line.position && (
                    <text className="dim" x={x(end) + 18} y={y(line.ranks[end] ?? 0) + 17}>
                      {was.get(line.route) == null ? 'was not tried' : `was ${was.get(line.route)}`}
                    </text>
                  )}
                </>
              ) : (
                <text className="bad" x={x(end) + 9} y={y(line.ranks[end] ?? 0) + 4}>
                  ×
                </text>
              )}
            </g>
          )
        })}
        {lines
          .filter(line => line.position === null)
          .map(line => {
            const end = line.ranks.findLastIndex(rank => rank !== null)
            return (
              <text key={line.route} className="dim over" x={x(end) + 21} y={y(line.ranks[end] ?? 0) + 4}>
                {line.ended}
              </text>
            )
          })}
      </svg>
      {hidden > 0 && <p className="dim">{sentence('routes_not_drawn', { count: hidden })}</p>}
    </div>
  )
}
