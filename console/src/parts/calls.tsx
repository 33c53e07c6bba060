/** A call in one line: its attempts as chips, its end as a word. */
import type { Call } from '../api/queries'
import { Chip, type Tone } from './basics'

type Attempt = Call['attempts'][number]

const TONES: Record<string, Tone> = { answered: 'good', busy: '', no_answer: '', cancelled: 'dim', skipped: 'dim' }

export const toneOf = (attempt: Attempt): Tone => (attempt.verdict ? (TONES[attempt.verdict] ?? 'warn') : '')

const word = (attempt: Attempt) => attempt.sip_status ?? attempt.verdict?.replaceAll('_', ' ') ?? '…'

export function Attempts({ call, name, most = 4 }: { call: Call; name: (id: string) => string; most?: number }) {
  const sent = call.attempts.filter(attempt => attempt.verdict !== 'skipped')
  return (
    <span className="row nowrap" style={{ gap: 4 }}>
      {sent.slice(0, most).map((attempt, i) => (
        <span key={attempt.number} className="row" style={{ gap: 4 }}>
          {i > 0 && (
            <span className="dim" aria-hidden="true">
              →
            </span>
          )}
          <Chip tone={toneOf(attempt)} title={attempt.verdict?.replaceAll('_', ' ')}>
            {name(attempt.provider_id)} {word(attempt)}
          </Chip>
        </span>
      ))}
      {sent.length > most && <span className="dim">+{sent.length - most}</span>}
      {sent.length === 0 && <span className="dim">{call.reason.replaceAll('_', ' ')}</span>}
    </span>
  )
}
