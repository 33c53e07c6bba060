/** Where calls are decided: how far behind each edge is, what runs there, what it carries; and how another is installed. */
import { Button, Modal } from '@mantine/core'
import { Fragment, lazy, Suspense, useState } from 'react'
import { Link, useRoute } from 'wouter'
import { type Edge, type Provider, useMay, usePage } from '../api/queries'
import { EDGE_COUNTERS, EDGE_FIELDS } from '../api/tables'
import { Chip, Dot, Empty, Failure, Head, Panel, type Tone } from '../parts/basics'
import { warningsOf } from '../parts/edges'
import { count, NONE, span } from '../parts/figures'
import { useSeen, viewTone, viewWord } from '../parts/health'
import { useKeys } from '../parts/keys'
import { label } from '../parts/labels'
import { sentence } from '../parts/sentences'

const NewEdge = lazy(() => import('./edges/NewEdge'))
const OneEdge = lazy(() => import('./edges/OneEdge'))

export default function Edges() {
  const [, params] = useRoute('/edges/:name')
  return <Suspense>{params?.name ? <OneEdge name={decodeURIComponent(params.name)} /> : <List />}</Suspense>
}

export const pageOf = (edge: string) => `/edges/${encodeURIComponent(edge)}`

function List() {
  const edges = usePage<Edge>('/v1.0/edges', {}, { every: 2 })
  const providers = useSeen().data
  const [making, setMaking] = useState(false)
  const mayMake = useMay()('accesskey.create')
  const isEmpty = edges.data?.result.length === 0
  useKeys(mayMake && !isEmpty ? { n: () => setMaking(true) } : {})
  return (
    <>
      <Head title="Edges">{mayMake && !isEmpty && <Button onClick={() => setMaking(true)}>New edge</Button>}</Head>
      <Failure error={edges.error} again={() => edges.refetch()} />
      {isEmpty && (
        <Panel>
          <Empty title={sentence('no_edge')}>{sentence('no_edge_next')}</Empty>
          <Suspense>{mayMake && <NewEdge />}</Suspense>
        </Panel>
      )}
      <div className="stack">
        {edges.data?.result.map(edge => (
          <Card key={edge.name} edge={edge} providers={providers} />
        ))}
      </div>
      <Modal
        opened={making}
        onClose={() => setMaking(false)}
        title="New edge"
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Suspense>
          <NewEdge />
        </Suspense>
      </Modal>
    </>
  )
}

const TONES: Record<Edge['state'], Tone> = { in_step: 'good', behind: 'warn', silent: 'bad', unheard: 'dim' }

const CHECK_TONES: Record<Edge['checks'][number]['state'], Tone> = {
  good: 'good',
  warn: 'warn',
  bad: 'bad',
  not_reported: 'dim',
}

/** What is wrong with its clock or its certificates, and what to do. */
export function Warnings({ edge }: { edge: Edge }) {
  return warningsOf(edge).map(one => (
    <p key={one.check} role="status" className={`said ${CHECK_TONES[one.state]}`}>
      {one.detail}
    </p>
  ))
}

/** How its clock and its certificates are, as rows of facts. */
export function Checks({ edge }: { edge: Edge }) {
  return edge.checks.map(one => (
    <Fragment key={one.check}>
      <dt>{label(one.check)}</dt>
      <dd className="row">
        <Dot tone={CHECK_TONES[one.state]} word={one.state.replace('_', ' ')} />
        <span className={one.state === 'good' ? '' : CHECK_TONES[one.state]}>{one.detail}</span>
      </dd>
    </Fragment>
  ))
}

export const Name = ({ edge }: { edge: Edge }) => (
  <span className="row">
    <Dot tone={TONES[edge.state]} word={edge.state.replace('_', ' ')} />
    {edge.name}
  </span>
)

/** What it carries, as far as it has told. */
export function Figures({ edge, plain }: { edge: Edge; plain?: boolean }) {
  const tiles: [keyof typeof EDGE_FIELDS, string, string, string][] = [
    ['calls_in_progress', 'Calls in progress', count(edge.calls_in_progress), ''],
    ['cps', 'Calls a second', edge.cps.toFixed(1), ''],
    [
      'shed_percent',
      'Shed now',
      edge.shed_percent === null ? NONE : `${edge.shed_percent} %`,
      `${count(edge.calls_shed)} calls since start`,
    ],
    ['revision', 'Revision', count(edge.revision), edge.lag_revisions ? `${count(edge.lag_revisions)} behind` : ''],
    ['silent_s', 'Silent for', edge.silent_s === null ? NONE : span(edge.silent_s * 1000), 'since it was heard'],
    ['events_lost', 'Events lost', count(edge.events_lost), 'since start'],
  ]
  return (
    <div className={`tiles six ${plain ? 'plain' : ''}`}>
      {tiles.map(([name, title, value, note]) => (
        <div key={name} className={`tile ${plain ? '' : 'panel'}`} title={EDGE_FIELDS[name]}>
          <span className="label">{title}</span>
          <span className="value">{value}</span>
          <span className="note">{note}</span>
        </div>
      ))}
    </div>
  )
}

function Card({ edge, providers }: { edge: Edge; providers: Provider[] | undefined }) {
  const counters = Object.entries(edge.counters).filter(([, value]) => value > 0)
  return (
    <Panel
      title={
        <Link href={pageOf(edge.name)}>
          <Name edge={edge} />
        </Link>
      }
      aside={<Link href={`/test?edge=${encodeURIComponent(edge.name)}`}>Test a number here</Link>}
    >
      <p className={edge.state === 'in_step' ? 'dim' : `said ${TONES[edge.state]}`}>{edge.state_detail}</p>
      <Figures edge={edge} plain />
      <dl className="facts" style={{ marginTop: 10 }}>
        <dt>Counters</dt>
        <dd className="row wrap">
          {counters.map(([name, value]) => (
            <Chip key={name} title={meaning(name)}>
              {name.replaceAll('_', ' ')} <span className="num">{count(value)}</span>
              <span className="dim num">{hourly(edge, name)}</span>
            </Chip>
          ))}
          {counters.length === 0 && NONE}
        </dd>
        <Checks edge={edge} />
        <dt>Finds of providers</dt>
        <dd>
          <Finds edge={edge.name} providers={providers} />
        </dd>
      </dl>
    </Panel>
  )
}

export const meaning = (counter: string) => (EDGE_COUNTERS as Record<string, string>)[counter] ?? ''

function hourly(edge: Edge, counter: string) {
  const rate = edge.counters_per_hour[counter]
  return rate === undefined ? '' : `${count(rate)} / h`
}

/** What this edge finds of each provider: its probes and its breaker. */
function Finds({ edge, providers }: { edge: string; providers: Provider[] | undefined }) {
  const views = viewsOf(edge, providers)
  return (
    <div className="row wrap">
      {views.map(({ provider, view }) => (
        <Link key={provider.id} href={`/providers/${provider.id}`}>
          <Chip tone={viewTone(view)} title={[view.detail, view.breaker_detail].filter(Boolean).join('; ')}>
            {provider.name || provider.hostname} {viewWord(view)}
          </Chip>
        </Link>
      ))}
      {views.length === 0 && NONE}
    </div>
  )
}

export const viewsOf = (edge: string, providers: Provider[] | undefined) =>
  (providers ?? [])
    .filter(one => one.enabled !== false)
    .flatMap(provider => {
      const view = provider.edges?.find(one => one.edge === edge)
      return view ? [{ provider, view }] : []
    })
