/** Is it well, and if not, where. */
import { type ReactNode, Suspense } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import type { Query, Schemas } from '../api/client'
import {
  type Call,
  ask as first,
  type Page,
  type Revision,
  type Route,
  useAnswer,
  useMay,
  useNames,
  usePage,
  useProviders,
  useTrunks,
} from '../api/queries'
import { instant } from '../api/time'
import { Empty, Failure, Head, Panel, Spark, When, Worded } from '../parts/basics'
import { Attempts } from '../parts/calls'
import { Brush, Chart } from '../parts/charts'
import { count, NONE, percent, span } from '../parts/figures'
import { Grid } from '../parts/Grid'
import { Edges, ProviderName, useSeen } from '../parts/health'
import { sentence } from '../parts/sentences'
import { Asr } from '../parts/stats'
import { useTested } from '../parts/tested'
import { Quality } from '../parts/traffic'
import { looked, useWindow, WindowChoice } from '../parts/window'
import { SERIES } from '../theme'

type Overview = Schemas['StatsOverview']
type ProviderStats = Schemas['ProviderStats']

const PATHS = {
  overview: '/v1.0/stats/overview',
  providers: '/v1.0/stats/providers',
  failing: '/v1.0/stats/targets',
}
/** What is asked about the window that the page's address names. */
function queriesOf(params: URLSearchParams) {
  const { from, to, step } = looked(params).asked
  return {
    overview: { from, to, step, show: 'before' },
    providers: { from, to, step, page_size: MOST, expand: 'provider' },
    failing: { from, to, sort: 'unreached', page_size: MOST_FAILING },
    calls: to ? { ...LAST_CALLS, started_from: from, started_until: to } : LAST_CALLS,
  }
}

export function ask() {
  const { overview, providers } = queriesOf(new URLSearchParams(location.search))
  first(PATHS.overview, overview)
  first(PATHS.providers, providers)
}

export default function OverviewPage() {
  const queries = queriesOf(useSearchParams()[0])
  const overview = useAnswer<Overview>(PATHS.overview, queries.overview, { every: 10 })
  const providers = useAnswer<Page<ProviderStats> & { from: string; step: number }>(
    PATHS.providers,
    queries.providers,
    { every: 10 },
  )
  return (
    <>
      <Head title="Overview">
        <WindowChoice />
      </Head>
      <div className="stack">
        <Failure error={overview.error ?? providers.error} again={() => overview.refetch()} />
        <Begin />
        <Tiles overview={overview.data} />
        <div className="cols">
          <div className="stack">
            <Charts overview={overview.data} providers={providers.data} />
            <Providers stats={providers.data?.result} />
            <Failing queries={queries.failing} />
          </div>
          <LastCalls queries={queries.calls} />
        </div>
      </div>
    </>
  )
}

/** Until the first call: what is missing for it, and where it is made. */
function Begin() {
  const may = useMay()
  const calls = usePage<Call>('/v1.0/calls', LAST_CALLS, { every: 3 }).data?.result
  const isNew = calls?.length === 0 && may('provider.create')
  const routes = usePage<Route>('/v1.0/routes', { page_size: 1 }, { enabled: isNew }).data?.result
  const providers = useProviders().data
  const trunks = useTrunks().data
  const isTested = useTested()
  if (!isNew) return null
  const steps = [
    ['Add a provider', '/providers', sentence('begin_provider'), !!providers?.length],
    ['Make a route', '/routes', sentence('begin_route'), !!routes?.length],
    ['Test a number', '/test', sentence('begin_test'), isTested],
    ['Connect a switch', '/trunks', sentence('begin_trunk'), !!trunks?.length],
  ] as const
  return (
    <Panel title={sentence('begin')}>
      <ol className="steps">
        {steps.map(([title, href, what, isDone], i) => (
          <li key={href}>
            <span className={`step ${isDone ? 'good' : ''}`} title={isDone ? 'done' : undefined}>
              {isDone ? '✓' : i + 1}
            </span>
            <div>
              <Link href={href}>{title}</Link>
              {isDone && <span className="visually-hidden"> done</span>}
              <div className="dim">
                <Worded text={what} />
              </div>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

const LAST_CALLS = { page_size: 20, expand: 'provider' }

/** Providers that charts and table show, the busiest. */
const MOST = 10

const MOST_FAILING = 5

type Tile = {
  label: string
  value: string
  note?: ReactNode
  values?: (number | null)[]
  color: string
  was: ReactNode
}

function Tiles({ overview }: { overview?: Overview }) {
  const calls = overview?.calls
  const attempts = overview?.attempts
  const steps = calls?.steps
  // where there was no call before, there is nothing to compare with
  const before = overview?.before?.calls.calls ? overview.before : undefined
  const blue = 'var(--accent)'
  const good = 'var(--good-line)'
  const tiles: Tile[] = [
    {
      label: 'Calls now',
      value: calls ? count(calls.channels) : NONE,
      note: calls && `${count(calls.calls)} in the window`,
      values: steps?.calls,
      color: blue,
      was: <Was now={calls?.calls} then={before?.calls.calls} shown={count} />,
    },
    {
      label: 'Attempts',
      value: attempts ? count(attempts.attempts) : NONE,
      note: attempts && `${count(attempts.channels)} going on now`,
      values: attempts?.steps?.attempts,
      color: blue,
      was: <Was now={attempts?.attempts} then={before?.attempts.attempts} shown={count} />,
    },
    {
      label: 'Answered (ASR)',
      value: percent(calls?.asr, 1),
      note: calls && `${count(calls.answered)} calls`,
      values: steps?.asr,
      color: good,
      was: <Was now={calls?.asr} then={before?.calls.asr} shown={share => percent(share, 1)} />,
    },
    {
      label: 'Saved by failover',
      value: calls ? count(calls.saved) : NONE,
      note: 'another carrier had failed',
      values: steps?.saved,
      color: good,
      was: <Was now={calls?.saved} then={before?.calls.saved} shown={count} />,
    },
    {
      label: 'Post-dial delay p95',
      value: span(calls?.pdd_p95_ms),
      note: calls && `p50 ${span(calls.pdd_p50_ms)}`,
      values: steps?.pdd_p95_ms,
      color: blue,
      was: <Was now={calls?.pdd_p95_ms} then={before?.calls.pdd_p95_ms} shown={span} />,
    },
    {
      label: 'Without any carrier',
      value: calls ? count(calls.refused) : NONE,
      note: 'no route, or refused',
      values: steps?.refused,
      color: calls?.refused ? 'var(--bad-line)' : 'var(--dim)',
      was: <Was now={calls?.refused} then={before?.calls.refused} shown={count} />,
    },
  ]
  return (
    <div className="tiles six">
      {tiles.map(({ label, value, note, values, color, was }) => (
        <div className="panel tile" key={label}>
          <span className="label">{label}</span>
          <span className="value">{value}</span>
          {values && <Spark values={values.slice(0, overview?.whole_steps)} color={color} />}
          <span className="note">{note}</span>
          {before && was}
        </div>
      ))}
    </div>
  )
}

type WasProps = {
  now: number | null | undefined
  then: number | null | undefined
  shown: (value: number) => string
}

/** What a figure was in the window before, and which way it went since. */
function Was({ now, then, shown }: WasProps) {
  if (now == null || then == null) return <span className="note">{NONE} before</span>
  const way = shown(now) === shown(then) ? 'same' : now > then ? 'more' : 'less'
  return (
    <span className="note">
      <span aria-hidden="true">{SIGNS[way]}</span>
      <span className="visually-hidden">{way === 'same' ? 'as' : `${way} than`}</span> {shown(then)} before
    </span>
  )
}

const SIGNS = { more: '▲', less: '▼', same: '=' }

function Charts({ overview, providers }: { overview?: Overview; providers?: Page<ProviderStats> }) {
  const window = useWindow()
  const { asked, select } = window
  const names = useNames(providers?.names)
  const may = useMay()
  const revisions = usePage<Revision>(
    '/v1.0/revisions',
    { since: asked.from, until: asked.to, page_size: 50 },
    { enabled: may('revision.list'), every: 10 },
  )
  const seen = useSeen().data
  const begin = instant(overview?.from)
  const steps = overview?.calls.steps
  if (!overview || begin === null || !steps)
    return (
      <Panel title="Attempts">
        <div style={{ height: 430 }} />
      </Panel>
    )
  const step = overview.step ?? 60
  const times = steps.calls.map((_, i) => begin / 1000 + i * step)
  const begun = overview.whole_steps ?? times.length
  const at = (text: string | null, isBad: boolean) => {
    const ms = instant(text)
    return ms === null ? [] : [{ at: ms / 1000, isBad }]
  }
  const marks = [
    ...(revisions.data?.result ?? []).flatMap(one => at(one.tm_create, false)),
    ...(seen ?? [])
      .flatMap(one => one.edges ?? [])
      .flatMap(view => (view.breaker === 'closed' ? [] : at(view.breaker_changed_at, true))),
  ]
  const drawn = { times, marks, onSelect: select }
  const byProvider = (providers?.result ?? []).map((one, i) => ({
    label: names(one.provider_id),
    color: SERIES[i % SERIES.length] ?? '',
    values: one.steps?.attempts_per_min ?? [],
  }))
  return (
    <Panel title="Traffic" aside={<span>{sentence('marks')}</span>}>
      <Suspense fallback={<div style={{ height: 430 }} />}>
        <Chart label="Attempts a minute" stacked series={byProvider} shown={count} {...drawn} />
        <Quality steps={steps} begun={begun} {...drawn} />
        <Brush window={window} />
      </Suspense>
    </Panel>
  )
}

function Providers({ stats }: { stats?: ProviderStats[] }) {
  const may = useMay()
  const [, go] = useLocation()
  const providers = useSeen().data
  const of = new Map(stats?.map(row => [row.provider_id, row]))
  const worst =
    providers && [...providers].sort((a, b) => (of.get(a.id)?.asr ?? 2) - (of.get(b.id)?.asr ?? 2)).slice(0, MOST)
  if (!may('provider.list')) return null
  return (
    <Panel title="Providers" aside="worst first" flush>
      <Grid
        label="Providers, worst first"
        rows={worst}
        id={provider => provider.id}
        onOpen={provider => go(`/providers/${provider.id}`)}
        empty={
          <Empty title={sentence('no_provider')} action={<Link href="/providers">Add the first</Link>}>
            {sentence('no_provider_next')}
          </Empty>
        }
        columns={[
          {
            key: 'name',
            head: 'Provider',
            cell: provider => (
              <Link className="name" href={`/providers/${provider.id}`}>
                <ProviderName provider={provider} />
              </Link>
            ),
          },
          { key: 'edges', head: 'Health by edge', cell: provider => <Edges views={provider.edges} /> },
          {
            key: 'attempts',
            head: 'Attempts',
            number: true,
            cell: provider => count(of.get(provider.id)?.attempts ?? 0),
          },
          { key: 'asr', head: 'ASR', number: true, cell: provider => <Asr asr={of.get(provider.id)?.asr} /> },
          {
            key: 'trend',
            head: '',
            cell: provider => {
              const steps = of.get(provider.id)?.steps
              return (
                steps && (
                  <Spark
                    values={steps.asr.map(value => value ?? null)}
                    color="var(--good-line)"
                    width={60}
                    height={20}
                  />
                )
              )
            },
          },
          { key: 'ner', head: 'NER', number: true, cell: provider => percent(of.get(provider.id)?.ner) },
          { key: 'pdd', head: 'PDD p50', number: true, cell: provider => span(of.get(provider.id)?.pdd_p50_ms) },
          {
            key: 'channels',
            head: 'Channels',
            number: true,
            cell: provider => (
              <>
                {count(of.get(provider.id)?.channels ?? 0)}
                {provider.max_channels ? <span className="dim"> / {count(provider.max_channels)}</span> : ''}
              </>
            ),
          },
        ]}
      />
    </Panel>
  )
}

function Failing({ queries }: { queries: Query }) {
  const targets = useAnswer<Page<Schemas['TargetStats']>>(PATHS.failing, queries, { every: 10 })
  return (
    <Panel title="Failing destinations" flush>
      <Failure error={targets.error} />
      <Grid
        label="Failing destinations"
        rows={targets.data?.result.filter(one => one.unreached > 0)}
        id={one => one.target}
        empty={<Empty title={sentence('none_failing')} />}
        columns={[
          {
            key: 'target',
            head: 'Target',
            cell: ({ target }) =>
              target.startsWith('+') ? (
                <Link className="mono" href={`/test?number=${encodeURIComponent(target)}`}>
                  {target}
                </Link>
              ) : (
                <span className="mono">{target}</span>
              ),
          },
          { key: 'unreached', head: 'Reached nobody', number: true, cell: one => count(one.unreached) },
          { key: 'saved', head: 'Saved', number: true, cell: one => count(one.saved) },
          { key: 'attempts', head: 'Attempts', number: true, cell: one => count(one.attempts) },
          { key: 'ner', head: 'NER', number: true, cell: one => percent(one.ner) },
        ]}
      />
      <p className="dim under">{sentence('failing_next')}</p>
    </Panel>
  )
}

function LastCalls({ queries }: { queries: Query }) {
  const [, go] = useLocation()
  const calls = usePage<Call>('/v1.0/calls', queries, { every: 3 })
  const names = useNames(calls.data?.names)
  return (
    <Panel title="Last calls" aside={<Link href="/calls?live=1">all, live</Link>} flush>
      <Failure error={calls.error} />
      <Grid
        label="Last calls"
        rows={calls.data?.result}
        id={call => call.id}
        onOpen={call => go(`/calls/${call.id}`)}
        empty={
          <Empty title={sentence('no_call')} action={<Link href="/trunks">{sentence('point_a_switch')}</Link>}>
            {sentence('no_call_next')}
          </Empty>
        }
        columns={[
          { key: 'at', head: 'Time', cell: call => <When at={call.tm_start} /> },
          {
            key: 'number',
            head: 'Number',
            cell: call => (
              <Link className="mono" href={`/calls/${call.id}`}>
                {call.number || call.dialled}
              </Link>
            ),
          },
          { key: 'attempts', head: 'Attempts', cell: call => <Attempts call={call} name={names} most={2} /> },
        ]}
      />
    </Panel>
  )
}
