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
import { Chart } from '../parts/charts'
import { count, NONE, percent, span } from '../parts/figures'
import { Grid } from '../parts/Grid'
import { Edges, ProviderName, useSeen } from '../parts/health'
import { sentence } from '../parts/sentences'
import { Asr } from '../parts/stats'
import { Quality } from '../parts/traffic'
import { looked, WindowChoice } from '../parts/window'
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
  const { from, step } = looked(params)
  return {
    from,
    overview: { from, step },
    providers: { from, step, page_size: MOST, expand: 'provider' },
    failing: { from, sort: 'unreached', page_size: MOST_FAILING },
  }
}

export function ask() {
  const { overview, providers } = queriesOf(new URLSearchParams(location.search))
  first(PATHS.overview, overview)
  first(PATHS.providers, providers)
}

export default function OverviewPage() {
  const { from, ...queries } = queriesOf(useSearchParams()[0])
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
            <Charts overview={overview.data} providers={providers.data} from={from} />
            <Providers stats={providers.data?.result} />
            <Failing queries={queries.failing} />
          </div>
          <LastCalls />
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
  if (!isNew) return null
  const steps = [
    ['Add a provider', '/providers', sentence('begin_provider'), !!providers?.length],
    ['Make a route', '/routes', sentence('begin_route'), !!routes?.length],
    ['Test a number', '/test', sentence('begin_test'), false],
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

function Tiles({ overview }: { overview?: Overview }) {
  const calls = overview?.calls
  const attempts = overview?.attempts
  const steps = calls?.steps
  const blue = 'var(--accent)'
  const good = 'var(--good-line)'
  const tiles: [string, string, ReactNode, (number | null)[] | undefined, string][] = [
    [
      'Calls now',
      calls ? count(calls.channels) : NONE,
      calls && `${count(calls.calls)} in the window`,
      steps?.calls,
      blue,
    ],
    ['Answered (ASR)', percent(calls?.asr, 1), calls && `${count(calls.answered)} calls`, steps?.asr, good],
    ['Saved by failover', calls ? count(calls.saved) : NONE, 'another carrier had failed', steps?.saved, good],
    ['Post-dial delay p95', span(calls?.pdd_p95_ms), calls && `p50 ${span(calls.pdd_p50_ms)}`, steps?.pdd_p95_ms, blue],
    [
      'Without any carrier',
      calls ? count(calls.refused) : NONE,
      attempts && `${count(attempts.attempts)} attempts in all`,
      steps?.refused,
      calls?.refused ? 'var(--bad-line)' : 'var(--dim)',
    ],
  ]
  return (
    <div className="tiles">
      {tiles.map(([label, value, note, values, color]) => (
        <div className="panel tile" key={label}>
          <span className="label">{label}</span>
          <span className="value">{value}</span>
          {values && <Spark values={values.slice(0, -1)} color={color} />}
          <span className="note">{note}</span>
        </div>
      ))}
    </div>
  )
}

function Charts({ overview, providers, from }: { overview?: Overview; providers?: Page<ProviderStats>; from: string }) {
  const names = useNames(providers?.names)
  const may = useMay()
  const revisions = usePage<Revision>(
    '/v1.0/revisions',
    { since: from, page_size: 50 },
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
  const byProvider = (providers?.result ?? []).map((one, i) => ({
    label: names(one.provider_id),
    color: SERIES[i % SERIES.length] ?? '',
    values: one.steps?.attempts_per_min ?? [],
  }))
  return (
    <Panel title="Traffic" aside={<span>{sentence('marks')}</span>}>
      <Suspense fallback={<div style={{ height: 430 }} />}>
        <Chart label="Attempts a minute" times={times} stacked series={byProvider} shown={count} marks={marks} />
        <Quality steps={steps} times={times} begun={begun} marks={marks} />
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

function LastCalls() {
  const [, go] = useLocation()
  const calls = usePage<Call>('/v1.0/calls', LAST_CALLS, { every: 3 })
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
