/** Where calls are decided: how far behind each edge is, what runs there, what it carries. */
import { Link } from 'wouter'
import { HOME } from '../api/place'
import { type Edge, usePage, useProviders } from '../api/queries'
import { EDGE_FIELDS, MAX_PAGE_SIZE } from '../api/tables'
import { Chip, Dot, Empty, Failure, Head, Panel, type Tone, When, Worded } from '../parts/basics'
import { count, NONE, span } from '../parts/figures'
import { useHealth, viewTone, viewWord } from '../parts/health'
import { sentence } from '../parts/sentences'

export default function Edges() {
  const edges = usePage<Edge>('/v1.0/edges', {}, { every: 2 })
  return (
    <>
      <Head title="Edges" />
      <Failure error={edges.error} again={() => edges.refetch()} />
      {edges.data?.result.length === 0 && (
        <Panel>
          <Empty title={sentence('no_edge')} action={<Link href="/keys">Make its access key</Link>}>
            <Worded text={sentence('no_edge_next', { url: HOME })} />
          </Empty>
        </Panel>
      )}
      <div className="stack">
        {edges.data?.result.map(edge => (
          <Card key={edge.name} edge={edge} />
        ))}
      </div>
    </>
  )
}

const TONES: Record<Edge['state'], Tone> = { in_step: 'good', behind: 'warn', silent: 'bad', unheard: 'dim' }

function Card({ edge }: { edge: Edge }) {
  const counters = Object.entries(edge.counters).filter(([, value]) => value > 0)
  const tiles: [keyof typeof EDGE_FIELDS, string, string, string][] = [
    ['revision', 'Revision', count(edge.revision), edge.state_detail],
    ['silent_s', 'Silent for', edge.silent_s === null ? NONE : span(edge.silent_s * 1000), 'since it was heard'],
    ['calls_in_progress', 'Calls in progress', count(edge.calls_in_progress), ''],
    ['cps', 'Calls a second', edge.cps.toFixed(1), ''],
    [
      'shed_percent',
      'Shed',
      edge.shed_percent === null ? NONE : `${edge.shed_percent} %`,
      `${count(edge.calls_shed)} calls in all`,
    ],
    ['events_lost', 'Events lost', count(edge.events_lost), ''],
  ]
  return (
    <Panel
      title={
        <span className="row">
          <Dot tone={TONES[edge.state]} word={edge.state_detail} />
          {edge.name}
        </span>
      }
      aside={<Link href="/trunks">whom it refused</Link>}
    >
      <div className="tiles plain">
        {tiles.map(([name, title, value, note]) => (
          <div key={name} className="tile" title={EDGE_FIELDS[name]}>
            <span className="label">{title}</span>
            <span className="value">{value}</span>
            <span className="note">{note}</span>
          </div>
        ))}
      </div>
      <dl className="facts" style={{ marginTop: 10 }}>
        <dt>Dialplane</dt>
        <dd>{edge.agent_version ?? NONE}</dd>
        <dt>Kamailio</dt>
        <dd>
          {edge.kamailio_version || NONE}, since <When at={edge.kamailio_started} />
        </dd>
        <dt>Last contact</dt>
        <dd>
          <When at={edge.last_contact} />
        </dd>
        <dt>Longest call</dt>
        <dd>{edge.max_call_s === null ? NONE : span(edge.max_call_s * 1000)}</dd>
        <dt>Counters</dt>
        <dd className="row wrap">
          {counters.map(([name, value]) => (
            <Chip key={name}>
              {name.replaceAll('_', ' ')} <span className="num">{count(value)}</span>
            </Chip>
          ))}
          {counters.length === 0 && NONE}
        </dd>
        <dt>Finds of providers</dt>
        <dd>
          <Providers edge={edge.name} />
        </dd>
      </dl>
    </Panel>
  )
}

/** What this edge finds of each provider: its probes and its breaker. */
function Providers({ edge }: { edge: string }) {
  const providers =
    useProviders()
      .data?.filter(one => one.enabled !== false)
      .slice(0, MAX_PAGE_SIZE) ?? []
  const health = useHealth(providers.map(one => one.id))
  const views = providers.flatMap(provider => {
    const view = health.get(provider.id)?.edges.find(one => one.edge === edge)
    return view ? [{ provider, view }] : []
  })
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
