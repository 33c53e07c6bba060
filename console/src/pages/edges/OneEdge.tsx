/** One edge: what it carried, what it finds of each provider, what it counts. */
import { Button } from '@mantine/core'
import { Suspense } from 'react'
import { Link } from 'wouter'
import type { Schemas } from '../../api/client'
import { type Edge, type Page, useAnswer } from '../../api/queries'
import { instant } from '../../api/time'
import { Chip, Empty, Failure, Gone, Head, Panel, When } from '../../parts/basics'
import { Brush, Chart } from '../../parts/charts'
import { count, NONE, span } from '../../parts/figures'
import { filtered, term } from '../../parts/filter'
import { Grid } from '../../parts/Grid'
import { healthTone, ProviderName, useSeen, viewTone } from '../../parts/health'
import { sentence } from '../../parts/sentences'
import { Quality } from '../../parts/traffic'
import { useWindow, WindowChoice } from '../../parts/window'
import { SERIES } from '../../theme'
import { Checks, Figures, meaning, Name, viewsOf, Warnings } from '../Edges'

type Stats = Page<Schemas['EdgeStats']> & { from: string; step: number; whole_steps: number }

export default function OneEdge({ name }: { name: string }) {
  const answer = useAnswer<Edge>(`/v1.0/edges/${encodeURIComponent(name)}`, {}, { every: 2 })
  const edge = answer.data
  if (!edge)
    return (
      <>
        <Head title="Edge" />
        <Gone
          error={answer.error}
          again={() => answer.refetch()}
          list="/edges"
          title={sentence('no_edge_named', { name })}
        />
      </>
    )
  const here = encodeURIComponent(name)
  return (
    <>
      <Head title={<Name edge={edge} />} sub={edge.state_detail}>
        <WindowChoice />
        <Button component={Link} href={`/test?edge=${here}`} variant="default">
          Test a number here
        </Button>
        <Button component={Link} href={filtered('/calls', term('edge', name))} variant="default">
          Its calls
        </Button>
      </Head>
      <div className="stack">
        <Warnings edge={edge} />
        <Figures edge={edge} />
        <div className="cols">
          <div className="stack">
            <Traffic name={name} />
            <Views name={name} />
          </div>
          <div className="stack">
            <Counters edge={edge} />
            <Facts edge={edge} />
          </div>
        </div>
      </div>
    </>
  )
}

function Traffic({ name }: { name: string }) {
  const window = useWindow()
  const { asked, select } = window
  const stats = useAnswer<Stats>('/v1.0/stats/edges', { edge: name, ...asked }, { every: 10 })
  const steps = stats.data?.result[0]?.steps
  const begin = instant(stats.data?.from)
  const times =
    steps && begin !== null ? steps.calls.map((_, i) => begin / 1000 + i * (stats.data?.step ?? asked.step)) : []
  return (
    <Panel title="Calls" aside={<Link href="/trunks">Whom it refused</Link>}>
      <Failure error={stats.error} />
      {stats.data && !steps && <Empty title={sentence('no_call_at_edge')} />}
      {steps && (
        <Suspense fallback={<div style={{ height: 430 }} />}>
          <Chart
            label="Calls and attempts a minute"
            times={times}
            shown={count}
            onSelect={select}
            series={[
              { label: 'Calls', color: SERIES[0] ?? '', values: steps.calls_per_min },
              { label: 'Attempts', color: SERIES[1] ?? '', values: steps.attempts_per_min },
            ]}
          />
          <Chart
            label={sentence('refused_in_step')}
            times={times}
            shown={count}
            height={90}
            onSelect={select}
            series={[
              { label: 'Refused', color: SERIES[3] ?? '', values: steps.refused_per_min },
              { label: sentence('shed_at_edge'), color: SERIES[7] ?? '', values: steps.shed_per_min },
            ]}
          />
          <p className="dim under">{sentence('shed_at_edge_next')}</p>
          <Quality steps={steps} times={times} begun={stats.data?.whole_steps ?? times.length} onSelect={select} />
          <Brush window={window} />
        </Suspense>
      )}
    </Panel>
  )
}

function Views({ name }: { name: string }) {
  const seen = useSeen()
  return (
    <Panel title="Providers, from here" flush>
      <Failure error={seen.error} />
      <Grid
        label="Providers, from here"
        rows={seen.data && viewsOf(name, seen.data)}
        id={one => one.provider.id}
        empty={<Empty title={sentence('no_view')} />}
        columns={[
          {
            key: 'name',
            head: 'Provider',
            cell: ({ provider }) => (
              <Link className="name" href={`/providers/${provider.id}`}>
                <ProviderName provider={provider} />
              </Link>
            ),
          },
          {
            key: 'probe',
            head: 'Probe',
            cell: ({ view }) => <Chip tone={healthTone(view.status)}>{view.status}</Chip>,
          },
          { key: 'met', head: 'What it met', cell: ({ view }) => <span className="dim">{view.detail}</span> },
          { key: 'at', head: 'Looked', cell: ({ view }) => <When at={view.checked_at} relative /> },
          {
            key: 'breaker',
            head: 'Breaker',
            cell: ({ view }) => (
              <Chip tone={view.breaker === 'closed' ? 'dim' : viewTone(view)} title={view.breaker_detail}>
                {view.breaker.replace('_', ' ')}
              </Chip>
            ),
          },
          { key: 'since', head: 'Since', cell: ({ view }) => <When at={view.breaker_changed_at} relative /> },
        ]}
      />
      <p className="dim under">{sentence('edge_views')}</p>
    </Panel>
  )
}

function Counters({ edge }: { edge: Edge }) {
  return (
    <Panel title="Counters" flush>
      <Grid
        label="Counters"
        rows={Object.entries(edge.counters)}
        id={([counter]) => counter}
        empty={<Empty title="None told yet" />}
        columns={[
          {
            key: 'name',
            head: 'Counter',
            cell: ([counter]) => (
              <>
                {counter.replaceAll('_', ' ')}
                <div className="dim">{meaning(counter)}</div>
              </>
            ),
          },
          { key: 'count', head: 'Count', number: true, cell: ([, value]) => count(value) },
          { key: 'rate', head: 'An hour', number: true, cell: ([counter]) => count(edge.counters_per_hour[counter]) },
        ]}
      />
      <p className="dim under">
        {edge.counters_over_s === null
          ? sentence('counted_since_only')
          : sentence('counted_since', { span: span(edge.counters_over_s * 1000) })}
      </p>
    </Panel>
  )
}

function Facts({ edge }: { edge: Edge }) {
  return (
    <Panel title="What runs there">
      <dl className="facts">
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
        <dt>All is here until</dt>
        <dd>
          <When at={edge.tm_status} />
        </dd>
        <dt>Known since</dt>
        <dd>
          <When at={edge.tm_create} />
        </dd>
        <Checks edge={edge} />
        <dt>Longest call</dt>
        <dd>{edge.max_call_s === null ? NONE : span(edge.max_call_s * 1000)}</dd>
      </dl>
    </Panel>
  )
}
