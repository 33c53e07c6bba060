/** When each carrier was waited for, rang and talked, on the time of the call. */
import type { Call } from '../../api/queries'
import { instant } from '../../api/time'
import { span } from '../../parts/figures'
import { sentence } from '../../parts/sentences'

const WIDTH = 860
const LEFT = 120
const ROW = 28

export function Waterfall({ call, name }: { call: Call; name: (id: string) => string }) {
  const start = instant(call.tm_start) ?? 0
  const sent = call.attempts.filter(attempt => instant(attempt.tm_sent) !== null)
  if (sent.length === 0) return null
  const last = Math.max(
    ...sent.map(one => instant(one.tm_ended) ?? instant(one.tm_answered) ?? instant(one.tm_ringing) ?? start),
    instant(call.tm_hangup) ?? 0,
  )
  const x = (ms: number) => LEFT + ((ms - start) / Math.max(1, last - start)) * (WIDTH - LEFT - 96)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className="drawn" tabIndex={0}>
      <svg
        className="picture"
        width="100%"
        viewBox={`0 0 ${WIDTH} ${sent.length * ROW + 6}`}
        role="img"
        aria-label={sentence('waterfall')}
      >
        {sent.map((attempt, i) => {
          const y = 6 + i * ROW
          const from = x(instant(attempt.tm_sent) ?? start)
          const end = x(instant(attempt.tm_ended) ?? instant(call.tm_hangup) ?? last)
          const ringing = instant(attempt.tm_ringing)
          const answered = instant(attempt.tm_answered)
          const rings = ringing === null ? end : x(ringing)
          const talks = answered === null ? end : x(answered)
          const failed = answered === null
          return (
            <g key={attempt.number}>
              <text x={LEFT - 10} y={y + 12} textAnchor="end">
                {name(attempt.provider_id)}
              </text>
              <rect
                x={from}
                y={y}
                width={Math.max(3, Math.min(rings, talks) - from)}
                height={16}
                rx={3}
                className={failed && ringing === null ? 'failed' : 'waits'}
              />
              {ringing !== null && (
                <rect x={rings} y={y} width={Math.max(2, talks - rings)} height={16} rx={3} className="rings" />
              )}
              {answered !== null && (
                <rect x={talks} y={y} width={Math.max(3, end - talks)} height={16} rx={3} className="talks" />
              )}
              <text className="dim" x={Math.max(from + 3, end) + 8} y={y + 12}>
                {failed ? `${attempt.sip_status ?? attempt.verdict ?? ''}` : span(attempt.duration_ms)}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}
