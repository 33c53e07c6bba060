/** How customers' calls come in, why a switch is refused, and what to write into one. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import type { Schemas } from '../api/client'
import { type Edge, type Trunk, useAll, useAnswer, useMay, useNames, usePage } from '../api/queries'
import { Chip, Empty, Failure, Gone, Head, Panel, When, Worded } from '../parts/basics'
import { Code, CopyAs, CopyButton } from '../parts/CopyAs'
import { Filter, meantBy, useNamed } from '../parts/Filter'
import { count } from '../parts/figures'
import { filtered, isUnread, term } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { useFilters } from '../parts/paging'
import { sentence } from '../parts/sentences'

const Editor = lazy(() => import('../parts/Editor'))
type Refusals = Schemas['RefusalsAnswer']
type Snippets = Schemas['SnippetsAnswer']

export default function Trunks() {
  const [, params] = useRoute('/trunks/:id')
  return params?.id ? <One id={params.id} /> : <List />
}

function List() {
  const may = useMay()
  const name = useNames()
  const [, go] = useLocation()
  const [editing, setEditing] = useState<Trunk | 'new' | null>(null)
  const named = useNamed()
  const { values, set, any } = useFilters(['filter'] as const)
  const trunks = useAll<Trunk>('/v1.0/trunks', values)
  const mayCreate = may('trunk.create')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Trunks">
        <CopyAs path="/v1.0/trunks" query={values} />
        {mayCreate && <Button onClick={() => setEditing('new')}>New trunk</Button>}
      </Head>
      <div className="bar">
        <Filter list="trunk" value={values.filter} onChange={value => set('filter', value)} error={trunks.error} />
      </div>
      {!isUnread(trunks.error) && <Failure error={trunks.error} again={() => trunks.refetch()} />}
      <div className="stack">
        <Panel flush hidden={isUnread(trunks.error)}>
          <Grid
            label="Trunks"
            rows={trunks.data}
            id={trunk => trunk.id}
            onOpen={trunk => go(`/trunks/${trunk.id}`)}
            keys={may('trunk.update') ? { e: setEditing } : {}}
            empty={
              <Empty
                title={any ? sentence('no_trunk_fits') : sentence('no_trunk')}
                action={!any && mayCreate && <Button onClick={() => setEditing('new')}>Add the first trunk</Button>}
              >
                {!any && sentence('no_trunk_next')}
              </Empty>
            }
            columns={[
              {
                key: 'name',
                head: 'Trunk',
                cell: trunk => (
                  <Link className="name" href={`/trunks/${trunk.id}`}>
                    {trunk.name || trunk.domain_name || 'unnamed'}
                  </Link>
                ),
              },
              { key: 'customer', head: 'Customer', cell: trunk => name(trunk.customer_id) },
              {
                key: 'addresses',
                head: 'Addresses',
                cell: trunk => <span className="mono">{trunk.allowed_ips.join(', ')}</span>,
              },
              {
                key: 'login',
                head: 'Login',
                cell: trunk => (
                  <span className="mono">{trunk.username && `${trunk.username}@${trunk.domain_name}`}</span>
                ),
              },
              { key: 'region', head: 'Region', cell: trunk => trunk.default_region ?? '' },
              { key: 'channels', head: 'Channels', number: true, cell: trunk => count(trunk.max_channels) },
              { key: 'cps', head: 'CPS', number: true, cell: trunk => count(trunk.max_cps) },
              {
                key: 'state',
                head: 'State',
                width: 100,
                cell: trunk =>
                  trunk.enabled === false ? <Chip tone="dim">disabled</Chip> : <Chip tone="good">enabled</Chip>,
              },
            ]}
          />
        </Panel>
        {may('edge.refusals') && <Refused />}
      </div>
      <Suspense>
        {editing && (
          <Editor
            kind="trunk"
            id={editing === 'new' ? null : editing.id}
            initial={{ customer_id: meantBy(values.filter, 'customer', named), auth_types: ['ip'] }}
            onClose={() => setEditing(null)}
            onSaved={value => editing === 'new' && go(`/trunks/${value.id}`)}
          />
        )}
      </Suspense>
    </>
  )
}

/** Why is my switch refused? What edges turned away last, and the trunk that would let it in. */
function Refused() {
  const edges = usePage<Edge>('/v1.0/edges').data?.result ?? []
  return edges.map(edge => <RefusedAt key={edge.name} edge={edge.name} />)
}

function RefusedAt({ edge }: { edge: string }) {
  const [making, setMaking] = useState<string | null>(null)
  const refusals = useAnswer<Refusals>(`/v1.0/edges/${encodeURIComponent(edge)}/refusals`, {}, { every: 5 })
  return (
    <Panel title={sentence('refused_at', { edge })} flush>
      <Failure error={refusals.error} />
      <Grid
        label={`Refused at ${edge}`}
        rows={refusals.data?.result}
        id={source => source.address}
        empty={<Empty title={sentence('nobody_refused')}>{sentence('nobody_refused_next')}</Empty>}
        columns={[
          { key: 'address', head: 'Address', cell: source => <span className="mono">{source.address}</span> },
          {
            key: 'why',
            head: 'Why',
            cell: source => (
              <>
                {source.why}
                {source.banned && (
                  <>
                    {' '}
                    <Chip tone="bad">banned</Chip>
                  </>
                )}
              </>
            ),
          },
          { key: 'dialled', head: 'Dialled', cell: source => <span className="mono">{source.dialled}</span> },
          { key: 'count', head: 'Requests', number: true, cell: source => count(source.count) },
          { key: 'last', head: 'Last', cell: source => <When at={source.tm_last} relative /> },
          {
            key: 'mend',
            head: '',
            cell: source => (
              <Button variant="subtle" onClick={() => setMaking(source.address)}>
                Trunk for it
              </Button>
            ),
          },
        ]}
      />
      <Suspense>
        {making && (
          <Editor
            kind="trunk"
            id={null}
            initial={{ auth_types: ['ip'], allowed_ips: [making] }}
            onClose={() => setMaking(null)}
          />
        )}
      </Suspense>
    </Panel>
  )
}

function One({ id }: { id: string }) {
  const may = useMay()
  const name = useNames()
  const [editing, setEditing] = useState(false)
  const answer = useAnswer<Trunk>(`/v1.0/trunks/${id}`)
  const snippets = useAnswer<Snippets>(`/v1.0/trunks/${id}/snippets`)
  const trunk = answer.data
  const mayEdit = may('trunk.update')
  useKeys(mayEdit ? { e: () => setEditing(true) } : {})
  if (!trunk)
    return (
      <>
        <Head title="Trunk" />
        <Gone error={answer.error} again={() => answer.refetch()} id={id} list="/trunks" />
      </>
    )
  return (
    <>
      <Head title={trunk.name || 'Trunk'} sub={trunk.detail}>
        <Button variant="default" component={Link} href={filtered('/calls', term('trunk', trunk.name || id))}>
          Its calls
        </Button>
        {mayEdit && <Button onClick={() => setEditing(true)}>Edit</Button>}
      </Head>
      <div className="cols">
        <div className="stack">
          <Failure error={snippets.error} />
          {snippets.data?.result.map(snippet => (
            <Panel key={snippet.title} title={snippet.title} aside={<CopyButton what={snippet.text}>Copy</CopyButton>}>
              <p className="dim">
                <Worded text={snippet.note} />
              </p>
              <Code text={snippet.text} />
            </Panel>
          ))}
        </div>
        <Panel title="Trunk">
          <dl className="facts">
            <dt>Customer</dt>
            <dd>
              <Link href={`/customers/${trunk.customer_id}`}>{name(trunk.customer_id)}</Link>
            </dd>
            <dt>Recognised by</dt>
            <dd>{trunk.auth_types.join(', ')}</dd>
            <dt>Addresses</dt>
            <dd className="mono">{trunk.allowed_ips.join(', ') || '–'}</dd>
            <dt>Login</dt>
            <dd className="mono">{trunk.username || '–'}</dd>
            <dt>Realm</dt>
            <dd className="mono">{trunk.domain_name || '–'}</dd>
            <dt>Region</dt>
            <dd>{trunk.default_region || '–'}</dd>
            <dt>Channels at most</dt>
            <dd>{count(trunk.max_channels)}</dd>
            <dt>Calls a second</dt>
            <dd>{count(trunk.max_cps)}</dd>
            <dt>ID</dt>
            <dd className="mono id">{trunk.id}</dd>
          </dl>
        </Panel>
      </div>
      <Suspense>{editing && <Editor kind="trunk" id={id} onClose={() => setEditing(false)} />}</Suspense>
    </>
  )
}
