/** Whose calls are routed. */
import { Button, Modal } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import type { Schemas } from '../api/client'
import { type Customer, type Page, useAll, useAnswer, useMay, useTrunks, useWrite } from '../api/queries'
import { SYSTEM_DEFAULT } from '../api/tables'
import { Chip, Empty, Failure, Gone, Head, Panel, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Filter } from '../parts/Filter'
import { count, percent, span } from '../parts/figures'
import { filtered, isUnread, routesWith, term } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { useFilters } from '../parts/paging'
import { failed, saved } from '../parts/saved'
import { sentence } from '../parts/sentences'
import { Asr } from '../parts/stats'

const Editor = lazy(() => import('../parts/Editor'))
type Stats = Schemas['CustomerStats']

export default function Customers() {
  const [, params] = useRoute('/customers/:id')
  return params?.id ? <One id={params.id} /> : <List />
}

const Status = ({ customer }: { customer: Customer }) => (
  <Chip tone={customer.status === 'active' ? 'good' : customer.status === 'frozen' ? 'warn' : 'dim'}>
    {customer.status}
  </Chip>
)

function List() {
  const may = useMay()
  const [, go] = useLocation()
  const [editing, setEditing] = useState<Customer | 'new' | null>(null)
  const { values, set, any } = useFilters(['filter'] as const)
  const customers = useAll<Customer>('/v1.0/customers', values)
  const stats = useAnswer<Page<Stats>>('/v1.0/stats/customers', {}, { every: 15 })
  const of = new Map(stats.data?.result.map(row => [row.customer_id, row]))
  const mayCreate = may('customer.create')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Customers">
        <CopyAs path="/v1.0/customers" query={values} />
        {mayCreate && <Button onClick={() => setEditing('new')}>New customer</Button>}
      </Head>
      <div className="bar">
        <Filter
          list="customer"
          value={values.filter}
          onChange={value => set('filter', value)}
          error={customers.error}
        />
      </div>
      {!isUnread(customers.error) && <Failure error={customers.error} again={() => customers.refetch()} />}
      <Panel flush hidden={isUnread(customers.error)}>
        <Grid
          label="Customers"
          rows={customers.data}
          id={customer => customer.id}
          onOpen={customer => go(`/customers/${customer.id}`)}
          keys={may('customer.update') ? { e: setEditing } : {}}
          empty={
            <Empty
              title={any ? sentence('no_customer_fits') : sentence('no_customer')}
              action={!any && mayCreate && <Button onClick={() => setEditing('new')}>Add the first customer</Button>}
            >
              {!any && sentence('no_customer_next')}
            </Empty>
          }
          columns={[
            {
              key: 'name',
              head: 'Customer',
              cell: customer => (
                <Link className="name" href={`/customers/${customer.id}`}>
                  {customer.name || 'unnamed'}
                </Link>
              ),
            },
            { key: 'detail', head: 'Detail', cell: customer => <span className="dim">{customer.detail}</span> },
            { key: 'status', head: 'Status', width: 100, cell: customer => <Status customer={customer} /> },
            {
              key: 'calls',
              head: 'Calls, 1 h',
              number: true,
              cell: customer => count(of.get(customer.id)?.calls ?? 0),
            },
            { key: 'asr', head: 'ASR', number: true, cell: customer => <Asr asr={of.get(customer.id)?.asr} /> },
            {
              key: 'channels',
              head: 'Calls now',
              number: true,
              cell: customer => count(of.get(customer.id)?.channels ?? 0),
            },
            { key: 'since', head: 'Since', width: 130, cell: customer => <When at={customer.tm_create} /> },
          ]}
        />
      </Panel>
      <Suspense>
        {editing && (
          <Editor
            kind="customer"
            id={editing === 'new' ? null : editing.id}
            onClose={() => setEditing(null)}
            onSaved={value => editing === 'new' && go(`/customers/${value.id}`)}
          />
        )}
      </Suspense>
    </>
  )
}

function One({ id }: { id: string }) {
  const may = useMay()
  const [editing, setEditing] = useState(false)
  const [freezing, setFreezing] = useState(false)
  const answer = useAnswer<Customer>(`/v1.0/customers/${id}`)
  const stats = useAnswer<Page<Stats>>('/v1.0/stats/customers', { customer_id: id }, { every: 15 }).data?.result.find(
    row => row.customer_id === id,
  )
  const trunks = useTrunks().data?.filter(trunk => trunk.customer_id === id)
  const write = useWrite(({ revision }) => saved(revision))
  const customer = answer.data
  const mayEdit = may('customer.update')
  useKeys(mayEdit ? { e: () => setEditing(true) } : {})
  if (!customer)
    return (
      <>
        <Head title="Customer" />
        <Gone error={answer.error} again={() => answer.refetch()} id={id} list="/customers" />
      </>
    )
  const turn = (verb: 'freeze' | 'recover') => {
    setFreezing(false)
    write.mutate({ method: 'POST', path: `/v1.0/customers/${id}/${verb}` }, { onError: failed })
  }
  const name = customer.name || id
  const going = count(stats?.channels ?? 0)
  return (
    <>
      <Head
        title={
          <span className="row">
            {customer.name || 'Customer'} <Status customer={customer} />
          </span>
        }
        sub={customer.detail}
      >
        {mayEdit &&
          id !== SYSTEM_DEFAULT &&
          (customer.status === 'frozen' ? (
            <Button variant="default" loading={write.isPending} onClick={() => turn('recover')}>
              Recover
            </Button>
          ) : (
            <Button variant="default" onClick={() => setFreezing(true)}>
              Freeze
            </Button>
          ))}
        {mayEdit && <Button onClick={() => setEditing(true)}>Edit</Button>}
      </Head>
      <div className="stack">
        <div className="tiles">
          {(
            [
              ['Calls, last hour', count(stats?.calls ?? 0)],
              ['Answered (ASR)', percent(stats?.asr)],
              [sentence('went_on'), percent(stats?.failover_rate)],
              ['Post-dial delay p50', span(stats?.pdd_p50_ms)],
              ['Calls now', going, customer.status === 'frozen' ? sentence('frozen_going') : ''],
            ] as const
          ).map(([title, value, note]) => (
            <div key={title} className="panel tile">
              <span className="label">{title}</span>
              <span className="value">{value}</span>
              {note && <span className="dim">{note}</span>}
            </div>
          ))}
        </div>
        <div className="cols">
          <Panel title="Trunks" aside={<Link href={filtered('/trunks', term('customer', name))}>all</Link>} flush>
            <Grid
              label="Trunks"
              rows={trunks}
              id={trunk => trunk.id}
              empty={
                <Empty
                  title={sentence('no_trunk')}
                  action={<Link href={filtered('/trunks', term('customer', name))}>Add one</Link>}
                >
                  {sentence('no_trunk_of_customer')}
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
                {
                  key: 'by',
                  head: 'Recognised by',
                  cell: trunk => (
                    <span className="mono">{[...trunk.allowed_ips, trunk.username].filter(Boolean).join(', ')}</span>
                  ),
                },
              ]}
            />
          </Panel>
          <div className="stack">
            <Panel title="Go to">
              <div className="row wrap">
                <Link className="chip" href={routesWith(term('customer', name))}>
                  Routes
                </Link>
                <Link className="chip" href={filtered('/calls', term('customer', name))}>
                  Calls
                </Link>
                <Link className="chip" href={`/test?customer_id=${id}`}>
                  Test a number
                </Link>
                <Link className="chip" href={filtered('/keys', term('customer', name))}>
                  Keys
                </Link>
                <Link className="chip" href={filtered('/people', term('customer', name))}>
                  People
                </Link>
                <Link className="chip" href={`/changes?object_id=${id}`}>
                  Changes
                </Link>
              </div>
            </Panel>
            <Panel title="Contact">
              <dl className="facts">
                <dt>E-mail</dt>
                <dd>{customer.email || '–'}</dd>
                <dt>Phone</dt>
                <dd className="mono">{customer.phone_number || '–'}</dd>
                <dt>Address</dt>
                <dd>{customer.address || '–'}</dd>
                <dt>ID</dt>
                <dd className="mono id">{customer.id}</dd>
              </dl>
            </Panel>
          </div>
        </div>
      </div>
      <Suspense>{editing && <Editor kind="customer" id={id} onClose={() => setEditing(false)} />}</Suspense>
      <Modal
        opened={freezing}
        onClose={() => setFreezing(false)}
        title={sentence('freeze', { name })}
        size="sm"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <div className="form">
          <p>{sentence('freeze_next', { count: going })}</p>
          <div className="row">
            <Button color="red" onClick={() => turn('freeze')}>
              Freeze
            </Button>
            <Button variant="default" onClick={() => setFreezing(false)}>
              Cancel
            </Button>
          </div>
        </div>
      </Modal>
    </>
  )
}
