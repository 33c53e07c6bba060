/** The messages between caller, edge and carriers, as the API tells them. */
import type { Schemas } from '../../api/client'
import { span } from '../../parts/figures'

type Message = Schemas['MessageAnswer']

const LEFT = 76
const LANE = 210
const ROW = 29
const TOP = 34
/** Below this a picture is not made smaller, but scrolls. */
const NARROW = 680

export function Ladder({ lanes, messages }: { lanes: string[]; messages: Message[] }) {
  const width = Math.max(620, LEFT + 80 + (lanes.length - 1) * LANE + 90)
  const height = TOP + 24 + messages.length * ROW
  const x = (lane: number) => LEFT + 80 + lane * LANE
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className="ladder" tabIndex={0}>
      <svg
        className="picture"
        id="ladder"
        style={{ width: '100%', minWidth: Math.min(width, NARROW), maxWidth: width }}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="SIP messages"
      >
        {lanes.map((lane, i) => (
          <g key={i}>
            <line x1={x(i)} x2={x(i)} y1={TOP - 4} y2={height} className="rule" />
            <rect x={x(i) - 70} y={4} width={140} height={24} rx={6} className="lane" />
            <text x={x(i)} y={20} textAnchor="middle" fontWeight={560}>
              {lane}
            </text>
          </g>
        ))}
        {messages.map((message, i) => {
          const y = TOP + 26 + i * ROW
          const side = message.target > message.source ? 1 : -1
          const end = x(message.target)
          return (
            <g key={i} className={`message ${message.kind}`}>
              <text className="dim num" x={4} y={y + 4}>
                {span(message.offset_ms)}
              </text>
              <line x1={x(message.source)} x2={end - side * 7} y1={y} y2={y} />
              <path d={`M${end} ${y}l${-side * 8} -4v8z`} />
              <text className="mono" x={(x(message.source) + end) / 2} y={y - 5} textAnchor="middle">
                {message.text}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}
