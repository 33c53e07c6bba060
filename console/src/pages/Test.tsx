/** What a number would get, decided by the engine that decides live calls: drawn, explained, as it would be sent. */
import { Button, Chip as Choice, SegmentedControl, Select, TextInput } from '@mantine/core'
import { lazy, type ReactNode, Suspense } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { Schemas } from '../api/client'
import { type Edge, useAnswer, useCustomers, useMay, useMe, useNames, usePage } from '../api/queries'
import { SYSTEM_DEFAULT } from '../api/tables'
import { fromTyped } from '../api/time'
import { Chip, Empty, Failure, Head, Panel } from '../parts/basics'
import { CopyAs, CopyButton } from '../parts/CopyAs'
import { count, span } from '../parts/figures'
import { routesWith } from '../parts/filter'
import { CustomerPicker, TrunkPicker, Typed } from '../parts/pickers'
import { savePicture } from '../parts/picture'
import { sentence } from '../parts/sentences'
import { TestCall } from '../parts/TestCall'
import { useTested } from '../parts/tested'
import { Picture } from './test/Picture'

const First = lazy(() => import('./test/First'))

export type Decision = Schemas['DialrouteAnswer'] & Partial<Schemas['DialledAnswer']>

/** Parameters of the API that say "what if" of providers -> the words of their chips. */
const CIRCUMSTANCES = { down: 'down', full: 'full', removed: 'disabled' }
const MOST_CHIPS = 6

const NUMBER = 'number'
const VIEWS = [
  { value: NUMBER, label: 'A number' },
  { value: 'first', label: 'A provider' },
]

/** A number's carriers, or, the other way round, a carrier's targets. */
export default function Test() {
  const [params, setParams] = useSearchParams()
  const may = useMay()
  const view = params.get('view') ?? NUMBER
  const set = (value: string) => setParams(value === NUMBER ? {} : { view: value })
  const views = may('provider.targets') && (
    <SegmentedControl size="xs" aria-label="Begin with" data={VIEWS} value={view} onChange={set} />
  )
  return view === NUMBER ? (
    <OfNumber views={views} />
  ) : (
    <Suspense>
      <First views={views} />
    </Suspense>
  )
}

function OfNumber({ views }: { views: ReactNode }) {
  const [params, setParams] = useSearchParams()
  const may = useMay()
  const me = useMe().data
  const customers = useCustomers().data
  const own = may('customer.list') ? SYSTEM_DEFAULT : (me?.customer_id ?? '')
  const get = (field: string) => params.get(field) ?? ''
  const set = (field: string, value: string | null) =>
    setParams(
      now => {
        const next = new URLSearchParams(now)
        if (value) next.set(field, value)
        else next.delete(field)
        return next
      },
      { replace: true },
    )
  const number = get('number')
  const trunk = get('trunk_id')
  const customer = get('customer_id') || (customers?.find(one => one.id !== SYSTEM_DEFAULT)?.id ?? own)
  const whatIf = {
    down: get('down'),
    full: get('full'),
    removed: get('removed'),
    health: get('health'),
    edge: get('edge'),
    codecs: get('codecs'),
    at: fromTyped(get('at')),
  }
  const revision = get('revision')
  const common = { caller: get('caller'), revision, explain: true, expand: 'provider' }
  const path = trunk ? '/v1.0/dialled' : '/v1.0/dialroutes'
  const plain = trunk
    ? { trunk_id: trunk, dialled: number, ...common }
    : { customer_id: customer, target: number, ...common }
  const query = { ...plain, ...whatIf }
  const isAsked = !!number && !!customer
  const decision = useAnswer<Decision>(path, query, { enabled: isAsked })
  const isOther = Object.values(whatIf).some(Boolean)
  const before = useAnswer<Decision>(path, plain, { enabled: isAsked && isOther })
  const found = isAsked ? decision.data : undefined
  useTested(!!found)
  const name = useNames(found?.names)
  return (
    <>
      <Head title="Test a number">
        {views}
        {number && <CopyAs path={path} query={query} />}
        <CopyButton what={location.href}>Share link</CopyButton>
        {number && (
          <TestCall
            label="Place a real call"
            number={number}
            caller={get('caller')}
            customer={customer}
            trunk={trunk}
          />
        )}
      </Head>
      <Panel>
        <div className="bar" style={{ margin: '10px 0 0' }}>
          <Typed
            first
            label={trunk ? 'What the switch dials' : 'Number'}
            placeholder={trunk ? '02071234567' : '+442071234567'}
            width={160}
            value={number}
            onChange={value => set('number', value)}
          />
          {!trunk && <CustomerPicker width={150} value={customer} onChange={value => set('customer_id', value)} />}
          <TrunkPicker
            width={150}
            value={trunk}
            customer={get('customer_id')}
            onChange={value => set('trunk_id', value)}
          />
          <Typed
            label="Who calls"
            placeholder="+15550100"
            width={120}
            value={get('caller')}
            onChange={value => set('caller', value)}
          />
          {may('edge.list') && <EdgePicker value={get('edge')} onChange={value => set('edge', value)} />}
          <TextInput
            label="When"
            type="datetime-local"
            w={175}
            value={get('at')}
            onChange={event => set('at', event.currentTarget.value)}
          />
          <Typed
            label="Codecs"
            placeholder="PCMA,G729"
            width={100}
            value={get('codecs')}
            onChange={value => set('codecs', value)}
          />
          {may('revision.get') && (
            <Typed
              label="At revision"
              placeholder="now"
              width={80}
              value={revision}
              onChange={value => set('revision', value)}
            />
          )}
        </div>
        {found && revision && (
          <p className="said then">
            <Link href={`/changes/${revision}`}>{sentence('table_then', { revision })}</Link>
          </p>
        )}
        {found && <WhatIf found={found} name={name} get={get} set={set} />}
      </Panel>
      <div className="stack" style={{ marginTop: 12 }}>
        <Failure error={decision.error} />
        {!isAsked && (
          <Panel>
            <Empty title={sentence('which_number')}>{sentence('which_number_next')}</Empty>
          </Panel>
        )}
        {found?.normalised && <Reading decision={found} trunk={trunk} />}
        {found && (found.candidates?.length ?? 0) > 0 && (
          <>
            <Panel
              title={`${count(found.result.length)} attempts from ${count(found.candidates?.length)} routes`}
              aside={
                <>
                  <span>{sentence('decided_by')}</span>
                  <Button variant="subtle" onClick={() => savePicture('decision', `decision-${number}`)}>
                    As SVG
                  </Button>
                </>
              }
            >
              <Picture
                candidates={found.candidates ?? []}
                stages={found.stages ?? []}
                before={isOther ? before.data?.candidates : undefined}
                name={name}
              />
            </Panel>
            <AsSent decision={found} name={name} />
          </>
        )}
        {found?.candidates?.length === 0 && !found.refusal && (
          <Panel>
            <Empty
              title="No route matches"
              action={<Link href={routesWith(`covers:${number}`)}>Routes that cover it</Link>}
            />
          </Panel>
        )}
      </div>
    </>
  )
}

function EdgePicker({ value, onChange }: { value: string; onChange: (value: string | null) => void }) {
  const edges = usePage<Edge>('/v1.0/edges').data?.result ?? []
  return (
    <Select
      label="At edge"
      placeholder="All together"
      w={120}
      clearable
      data={edges.map(edge => edge.name)}
      value={value || null}
      onChange={onChange}
    />
  )
}

type WhatIfProps = {
  found: Decision
  name: (id: string) => string
  get: (field: string) => string
  set: (field: string, value: string | null) => void
}

function WhatIf({ found, name, get, set }: WhatIfProps) {
  const chosen = Object.keys(CIRCUMSTANCES).flatMap(field => get(field).split(',').filter(Boolean))
  const ids = [...new Set([...chosen, ...(found.candidates ?? []).map(one => one.provider_id)])].slice(0, MOST_CHIPS)
  if (ids.length === 0) return null
  return (
    <div className="row wrap what-if">
      <span className="dim">What if</span>
      <Choice.Group
        multiple
        value={Object.keys(CIRCUMSTANCES).flatMap(field =>
          get(field)
            .split(',')
            .filter(Boolean)
            .map(id => `${field} ${id}`),
        )}
        onChange={values => {
          for (const field of Object.keys(CIRCUMSTANCES))
            set(
              field,
              values
                .filter(value => value.startsWith(`${field} `))
                .map(value => value.split(' ')[1])
                .join(','),
            )
        }}
      >
        {Object.entries(CIRCUMSTANCES).flatMap(([field, word]) =>
          ids.map(id => (
            <Choice key={field + id} size="xs" value={`${field} ${id}`}>
              {name(id)} is {word}
            </Choice>
          )),
        )}
      </Choice.Group>
      <Choice
        size="xs"
        checked={get('health') === 'ignore'}
        onChange={checked => set('health', checked ? 'ignore' : null)}
      >
        everyone is healthy
      </Choice>
    </div>
  )
}

/** How what was dialled is read, step by step, and whether the call is let in. */
function Reading({ decision, trunk }: { decision: Decision; trunk: string }) {
  return (
    <Panel
      aside={<Link href={`/trunks/${trunk}`}>The trunk</Link>}
      title={
        decision.number ? (
          <>
            It means <span className="mono">{decision.number}</span>
          </>
        ) : (
          'It means no number'
        )
      }
    >
      {decision.refusal && (
        <p className="said bad">
          {decision.refusal.status} {decision.refusal.sentence}
        </p>
      )}
      <ol className="chain" style={{ padding: 0 }}>
        {decision.normalised?.map((step, i) => (
          <li key={i}>
            <span className="mono">{step.before}</span>
            <span aria-hidden="true" className="dim">
              →
            </span>
            <span className="mono">{step.after || '–'}</span>
            <span className="dim">{step.sentence}</span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function AsSent({ decision, name }: { decision: Decision; name: (id: string) => string }) {
  const places = (decision.candidates ?? [])
    .filter(one => one.position !== null)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
  if (places.length === 0) return null
  return (
    <Panel title="As sent" flush>
      <div className="grid-box">
        <table className="grid" aria-label="As sent">
          <thead>
            <tr>
              <th scope="col" style={{ width: 40 }}>
                #
              </th>
              <th scope="col">Provider</th>
              <th scope="col">Request URI and headers</th>
              <th scope="col">Given up after</th>
              <th scope="col">Why here</th>
            </tr>
          </thead>
          <tbody>
            {places.map(place => (
              <tr key={place.route_id}>
                <td className="num">{place.position}</td>
                <td>
                  <Link className="name" href={`/providers/${place.provider_id}`}>
                    {name(place.provider_id)}
                  </Link>
                  <div className="dim mono">
                    {place.target} · {place.priority}
                  </div>
                </td>
                <td className="mono">
                  {place.uri}
                  {place.headers.map(header => (
                    <div key={header.name + header.value} className="dim">
                      {header.name}: {header.value}
                    </div>
                  ))}
                </td>
                <td>
                  {place.timeouts && (
                    <span className="row nowrap">
                      <Chip>{place.timeouts.no_response_s} s silent</Chip>
                      <Chip>{place.timeouts.ring_s} s ringing</Chip>
                    </span>
                  )}
                  {place.expected_pdd_ms != null && (
                    <span className="dim">rings after {span(place.expected_pdd_ms)} as a rule</span>
                  )}
                </td>
                <td className="dim">{place.why.join('; ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
