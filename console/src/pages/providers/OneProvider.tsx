import { Button, Modal } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'wouter'
import type { Schemas } from '../../api/client'
import { FORMS } from '../../api/forms'
import {
  type Call,
  type Page,
  type Provider,
  type Revision,
  useAnswer,
  useMay,
  useNames,
  usePage,
  useWrite,
} from '../../api/queries'
import { OPERATION_WORDS } from '../../api/tables'
import { Absence } from '../../parts/Absence'
import { Chip, Dot, Empty, Failure, Gone, Head, Panel, When } from '../../parts/basics'
import { Attempts } from '../../parts/calls'
import { Numbered } from '../../parts/country'
import { count, percent, span } from '../../parts/figures'
import { filtered, routesWith, term } from '../../parts/filter'
import { Grid } from '../../parts/Grid'
import { type Health, healthTone, viewTone } from '../../parts/health'
import { useKeys } from '../../parts/keys'
import { label } from '../../parts/labels'
import { inAll, Replace, useRoutesTo } from '../../parts/Replace'
import { failed, saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'
import { TestCall } from '../../parts/TestCall'
import type { ProviderStats } from '../Providers'
import { AsSent } from './AsSent'
import { Channels } from './Channels'
import { LastHour, Targets } from './LastHour'

const Editor = lazy(() => import('../../parts/Editor'))

export default function OneProvider({ id }: { id: string }) {
  const may = useMay()
  const [editing, setEditing] = useState(false)
  const [disabling, setDisabling] = useState(false)
  const answer = useAnswer<Provider>(`/v1.0/providers/${id}`)
  const stats = useAnswer<Page<ProviderStats>>(
    '/v1.0/stats/providers',
    { provider_id: id },
    { every: 5 },
  ).data?.result.find(row => row.provider_id === id)
  const calls = usePage<Call>('/v1.0/calls', { provider_id: id, page_size: 8, expand: 'provider' }, { every: 5 })
  const last = calls.data?.result.find(call => call.number)?.number
  const write = useWrite(({ revision }) => {
    saved(revision)
    setDisabling(false)
  })
  const enable = (enabled: boolean) =>
    write.mutate({ method: 'PUT', path: `/v1.0/providers/${id}`, body: { enabled } }, { onError: failed })
  const mayEdit = may('provider.update')
  useKeys(mayEdit ? { e: () => setEditing(true) } : {})
  const provider = answer.data
  if (!provider)
    return (
      <>
        <Head title="Provider" />
        <Gone error={answer.error} again={() => answer.refetch()} id={id} list="/providers" />
      </>
    )
  const isOff = provider.enabled === false
  return (
    <>
      <Head
        title={
          <span className="row">
            <Dot
              tone={isOff ? 'dim' : healthTone(provider.health_status)}
              word={isOff ? 'disabled' : provider.health_status}
            />
            {provider.name || provider.hostname}
          </span>
        }
        sub={provider.detail}
      >
        <TestCall label="Send a test call" number={last} provider={id} />
        {mayEdit &&
          (isOff ? (
            <Button variant="default" loading={write.isPending} onClick={() => enable(true)}>
              Enable
            </Button>
          ) : (
            <Button variant="default" onClick={() => setDisabling(true)}>
              Drain and disable
            </Button>
          ))}
        {mayEdit && <Button onClick={() => setEditing(true)}>Edit</Button>}
      </Head>
      <div className="stack">
        <div className="tiles">
          {(
            [
              ['Attempts, last hour', count(stats?.attempts ?? 0), ''],
              ['Answered (ASR)', percent(stats?.asr), ''],
              ['Network effectiveness (NER)', percent(stats?.ner), ''],
              ['Post-dial delay', span(stats?.pdd_p50_ms), stats ? `p95 ${span(stats.pdd_p95_ms)}` : ''],
              [
                'Channels now',
                count(stats?.channels ?? 0),
                isOff
                  ? stats?.channels
                    ? sentence('disabled_going')
                    : 'disabled and empty'
                  : provider.max_channels
                    ? `of ${count(provider.max_channels)}`
                    : 'no cap',
              ],
            ] as const
          ).map(([title, value, note]) => (
            <div key={title} className="panel tile">
              <span className="label">{title}</span>
              <span className="value">{value}</span>
              <span className="note">{note}</span>
            </div>
          ))}
        </div>
        <div className="cols">
          <div className="stack">
            <HealthByEdge id={id} />
            {stats && <LastHour id={id} stats={stats} />}
            <Channels provider={provider} />
            <Targets id={id} />
            <Panel title="If it were gone">
              <Absence id={id} />
            </Panel>
            <LastCalls called={provider.name || provider.hostname} page={calls.data} />
            <RoutesOf id={id} />
            {may('revision.list') && <Revisions id={id} />}
          </div>
          <div className="stack">
            <AsSent id={id} example={last} />
            <Settings provider={provider} />
          </div>
        </div>
      </div>
      <Suspense>{editing && <Editor kind="provider" id={id} onClose={() => setEditing(false)} />}</Suspense>
      <Modal
        opened={disabling}
        onClose={() => setDisabling(false)}
        title={sentence('drain', { name: provider.name || provider.hostname })}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <p className="said">{sentence('drain_next', { count: count(stats?.channels ?? 0) })}</p>
        <Absence id={id} />
        <div className="row" style={{ marginTop: 16 }}>
          <Button color="red" loading={write.isPending} onClick={() => enable(false)}>
            Drain and disable
          </Button>
          <Button variant="default" onClick={() => setDisabling(false)}>
            Keep it
          </Button>
        </div>
      </Modal>
    </>
  )
}

function HealthByEdge({ id }: { id: string }) {
  const health = useAnswer<Health>(`/v1.0/providers/${id}/health`, {}, { every: 5 })
  return (
    <Panel title="Health by edge" flush>
      <Failure error={health.error} />
      <Grid
        label="Health by edge"
        rows={health.data?.edges}
        id={view => view.edge}
        empty={<Empty title={sentence('no_health')}>{sentence('no_health_next')}</Empty>}
        columns={[
          { key: 'edge', head: 'Edge', cell: view => view.edge },
          { key: 'probe', head: 'Probe', cell: view => <Chip tone={healthTone(view.status)}>{view.status}</Chip> },
          { key: 'met', head: 'What it met', cell: view => <span className="dim">{view.detail}</span> },
          { key: 'at', head: 'Looked', cell: view => <When at={view.checked_at} relative /> },
          {
            key: 'breaker',
            head: 'Breaker',
            cell: view => (
              <Chip tone={view.breaker === 'closed' ? 'dim' : viewTone(view)} title={view.breaker_detail}>
                {view.breaker.replace('_', ' ')}
              </Chip>
            ),
          },
          { key: 'since', head: 'Since', cell: view => <When at={view.breaker_changed_at} relative /> },
          { key: 'why', head: 'Why', cell: view => <span className="dim">{view.breaker_detail}</span> },
        ]}
      />
      <p className="dim under">{sentence('health_known')}</p>
    </Panel>
  )
}

function LastCalls({ called, page }: { called: string; page: Page<Call> | undefined }) {
  const name = useNames(page?.names)
  return (
    <Panel title="Its last calls" aside={<Link href={filtered('/calls', term('provider', called))}>all</Link>} flush>
      <Grid
        label="Its last calls"
        rows={page?.result}
        id={call => call.id}
        empty={<Empty title={sentence('no_call_there')} />}
        columns={[
          {
            key: 'at',
            head: 'Time',
            width: 110,
            cell: call => (
              <Link href={`/calls/${call.id}`}>
                <When at={call.tm_start} />
              </Link>
            ),
          },
          { key: 'number', head: 'Number', cell: call => <span className="mono">{call.number || call.dialled}</span> },
          { key: 'attempts', head: 'Attempts', cell: call => <Attempts call={call} name={name} /> },
          { key: 'pdd', head: 'PDD', number: true, cell: call => span(call.pdd_ms) },
        ]}
      />
    </Panel>
  )
}

function RoutesOf({ id }: { id: string }) {
  const name = useNames()
  const all = routesWith(term('provider', name(id)))
  const routes = useRoutesTo(id)
  const found = routes.data?.count
  return (
    <Panel
      title="Routes to it"
      aside={
        <>
          <Link href={`/test?view=first&provider_id=${id}`}>where it is first</Link>
          <Link href={all}>all {inAll(found)}</Link>
          {!!found?.about && <Replace id={id} />}
        </>
      }
      flush
    >
      <Grid
        label="Routes to it"
        rows={routes.data?.result}
        id={route => route.id}
        empty={
          <Empty title={sentence('no_route_there')} action={<Link href={all}>Make one</Link>}>
            {sentence('no_route_there_next')}
          </Empty>
        }
        columns={[
          { key: 'target', head: 'Target', cell: route => <Numbered number={route.target} /> },
          { key: 'customer', head: 'Customer', cell: route => name(route.customer_id) },
          { key: 'priority', head: 'Priority', number: true, cell: route => count(route.priority) },
        ]}
      />
    </Panel>
  )
}

/** What was changed of it last, and by whom. */
function Revisions({ id }: { id: string }) {
  const revisions = usePage<Revision>('/v1.0/revisions', { object_id: id, page_size: 6 })
  return (
    <Panel title="Its changes" aside={<Link href={`/changes?object_id=${id}`}>all</Link>} flush>
      <Failure error={revisions.error} />
      <Grid
        label="Its changes"
        rows={revisions.data?.result}
        id={revision => String(revision.number)}
        empty={<Empty title={sentence('no_change')} />}
        columns={[
          {
            key: 'number',
            head: 'Revision',
            number: true,
            width: 90,
            cell: ({ number }) => <Link href={`/changes/${number}`}>{count(number)}</Link>,
          },
          { key: 'when', head: 'When', cell: revision => <When at={revision.tm_create} /> },
          { key: 'who', head: 'Who', cell: revision => revision.actor_name || revision.actor_kind },
          {
            key: 'what',
            head: 'What',
            cell: ({ operation }) => OPERATION_WORDS[operation as keyof typeof OPERATION_WORDS] ?? operation,
          },
        ]}
      />
    </Panel>
  )
}

const written = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

function Settings({ provider }: { provider: Provider }) {
  const of = provider as unknown as Record<string, unknown>
  return (
    <Panel title="Settings" aside={sentence('settings_that_differ')}>
      <dl className="facts">
        {FORMS.provider.update
          .flatMap(({ fields }) => fields.map(field => field.name))
          .concat('id')
          .filter(name => of[name] !== undefined && of[name] !== '' && written(of[name]) !== '{}')
          .map(name => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{label(name)}</dt>
              <dd className={name === 'id' ? 'mono id' : ['name', 'detail'].includes(name) ? '' : 'mono'}>
                {written(of[name])}
              </dd>
            </div>
          ))}
      </dl>
    </Panel>
  )
}

export type AbsenceAnswer = Schemas['AbsenceAnswer']
