/** The small things that every page is made of. */
import { Button, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Away, type Detail, Refusal } from '../api/client'
import { ago, instant, shown, whole } from '../api/time'
import { NONE } from './figures'
import { sentence } from './sentences'

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | ''

export function Head({ title, sub, children }: { title: ReactNode; sub?: ReactNode; children?: ReactNode }) {
  return (
    <header className="head">
      <div className="grow">
        <h1>{title}</h1>
        {sub && <div className="sub">{sub}</div>}
      </div>
      {children && <div className="row">{children}</div>}
    </header>
  )
}

export function Panel({
  title,
  aside,
  children,
  flush,
  hidden,
}: {
  title?: ReactNode
  aside?: ReactNode
  children: ReactNode
  flush?: boolean
  hidden?: boolean
}) {
  if (hidden) return null
  return (
    <section className="panel">
      {title && (
        <div className="title">
          <h2>{title}</h2>
          {aside && <div className="dim row">{aside}</div>}
        </div>
      )}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  )
}

/** A sentence of the API; what stands between backticks is code. */
export const Worded = ({ text }: { text: string }) =>
  text.split('`').map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))

export const Chip = ({ tone = '', children, title }: { tone?: Tone; children: ReactNode; title?: string }) => (
  <span className={`chip ${tone}`} title={title}>
    {children}
  </span>
)

/** A state as a mark; its word stands beside it or is read out. */
export const Dot = ({ tone, word }: { tone: Tone; word: string }) => (
  <>
    <i className={`dot ${tone}`} title={word} />
    <span className="visually-hidden">{word}</span>
  </>
)

export function When({ at, relative }: { at: string | null | undefined; relative?: boolean }) {
  const ms = instant(at)
  if (ms === null) return <span className="dim">{NONE}</span>
  return (
    <time className="num nowrap" dateTime={new Date(ms).toISOString()} title={whole(ms)}>
      {relative ? ago(ms) : shown(ms)}
    </time>
  )
}

export const Meter = ({ share, tone, label }: { share: number | null; tone: Tone; label: string }) => (
  <span className={`meter ${tone}`} role="img" aria-label={label}>
    <i style={{ width: `${Math.min(100, (share ?? 0) * 100)}%` }} />
  </span>
)

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <b>{title}</b>
      {children}
      {action && <div className="row">{action}</div>}
    </div>
  )
}

/** Whether a detail says more than the message, which names one alone by itself. */
const isNew = (message: string) => (detail: Detail) => !message.includes(detail.message)

/** What the API said, in its words: what happened and how to mend it. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  if (!error || error instanceof Away) return null
  const refusal = error instanceof Refusal ? error : null
  return (
    <div className="failure" role="alert">
      <div className="between">
        <div>
          <b>{refusal?.message ?? String(error)}</b>
          {refusal?.details.filter(isNew(refusal.message)).map(detail => (
            <div key={detail.field + detail.code}>
              <span className="mono">{detail.field}</span> {detail.message}
            </div>
          ))}
          {refusal?.requestId && <div className="dim mono">request {refusal.requestId}</div>}
        </div>
        {again && (
          <Button variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}

type GoneProps = { error: unknown; again: () => void; list: string; id?: string; title?: string }

/** In place of an object's page where there is none with this id: the list, and what became of it. */
export function Gone({ error, again, id, list, title = sentence('gone') }: GoneProps) {
  if (!(error instanceof Refusal && error.status === NOT_FOUND)) return <Failure error={error} again={again} />
  return (
    <Panel>
      <Empty
        title={title}
        action={
          <>
            <Link href={list}>All there are</Link>
            {id && <Link href={`/changes?object_id=${id}`}>Its changes</Link>}
          </>
        }
      >
        {id && sentence('gone_next')}
      </Empty>
    </Panel>
  )
}

const NOT_FOUND = 404

export const Hint = ({ text, children }: { text: ReactNode; children: ReactNode }) => (
  <Tooltip label={text} multiline maw={340} withArrow>
    <span>{children}</span>
  </Tooltip>
)

export function Spark({
  values,
  color,
  width = 92,
  height = 26,
}: {
  values: (number | null)[]
  color: string
  width?: number
  height?: number
}) {
  if (values.filter(value => value !== null).length <= 1)
    return <svg width={width} height={height} aria-hidden="true" />
  const top = Math.max(1e-9, ...values.map(value => value ?? 0))
  const points = values.map(
    (value, i) =>
      `${((i * width) / (values.length - 1)).toFixed(1)} ${(height - 2 - ((value ?? 0) / top) * (height - 4)).toFixed(1)}`,
  )
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={`M0 ${height}L${points.join('L')}L${width} ${height}Z`} fill={color} opacity={0.12} />
      <path d={`M${points.join('L')}`} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  )
}
