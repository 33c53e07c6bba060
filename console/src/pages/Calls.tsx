/** The calls: a list that can follow what happens, and one call as a sentence, a time line, a ladder and the reasons. */
import { Button, Select, Switch, TextInput } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import { type Call, useNames, usePage } from '../api/queries'
import { CALL_STATUSES, CALL_VERDICT_WORDS } from '../api/tables'
import { fromTyped, instant } from '../api/time'
import { Chip, Empty, Failure, Head, Panel, type Tone, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Attempts } from '../parts/calls'
import { Filter } from '../parts/Filter'
import { span } from '../parts/figures'
import { isUnread } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { CustomerPicker, ProviderPicker, TrunkPicker, Typed } from '../parts/pickers'
import { sentence } from '../parts/sentences'

const OneCall = lazy(() => import('./calls/OneCall'))

export default function Calls() {
  const [, params] = useRoute('/calls/:id')
  return params?.id ? (
    <Suspense>
      <OneCall id={params.id} />
    </Suspense>
  ) : (
    <List />
  )
}

/** Filters that stand behind a button until one of them has a value. */
const RARE = ['number_suffix', 'min_attempts', 'reason', 'edge', 'sip_call_id'] as const
const FILTERS = [
  ...RARE,
  'filter',
  'number',
  'number_prefix',
  'caller',
  'status',
  'verdict',
  'provider_id',
  'customer_id',
  'trunk_id',
  'since',
  'before',
  'live',
] as const
const TAIL_S = 2

function List() {
  const [, go] = useLocation()
  const { values, set, token, any } = useFilters(FILTERS)
  const { live, since, before, ...wanted } = values
  const [isMore, setMore] = useState(false)
  const areRare = isMore || RARE.some(name => values[name])
  const isLive = live === '1' && !token
  const asked = {
    ...wanted,
    started_from: fromTyped(since),
    started_until: fromTyped(before),
    page_size: PAGE_SIZE,
    page_token: token,
    expand: 'provider,customer,trunk',
  }
  const calls = usePage<Call>('/v1.0/calls', asked, { every: isLive ? TAIL_S : token ? undefined : 15 })
  const name = useNames(calls.data?.names)
  return (
    <>
      <Head title="Calls">
        <CopyAs path="/v1.0/calls" query={asked} />
        <Switch
          size="sm"
          label="Live"
          checked={isLive}
          disabled={!!token}
          onChange={event => set('live', event.currentTarget.checked ? '1' : null)}
        />
      </Head>
      <div className="bar">
        <Filter list="call" value={values.filter} onChange={value => set('filter', value)} error={calls.error} />
        <TextInput
          label="Since"
          type="datetime-local"
          w={180}
          value={since}
          onChange={event => set('since', event.currentTarget.value)}
        />
        <TextInput
          label="Before"
          type="datetime-local"
          w={180}
          value={before}
          onChange={event => set('before', event.currentTarget.value)}
        />
      </div>
      <div className="bar">
        <Typed
          label="Number"
          placeholder="+442071234567"
          width={140}
          value={values.number}
          onChange={value => set('number', value)}
        />
        <Typed
          label="Begins with"
          placeholder="+44"
          width={90}
          value={values.number_prefix}
          onChange={value => set('number_prefix', value)}
        />
        <Typed
          label="Who calls"
          placeholder="+15550100"
          width={120}
          value={values.caller}
          onChange={value => set('caller', value)}
        />
        <Select
          label="State"
          placeholder="Any"
          w={100}
          clearable
          data={Object.entries(CALL_STATUSES).map(([value, label]) => ({ value, label }))}
          value={values.status || null}
          onChange={value => set('status', value)}
        />
        <Select
          label="Verdict"
          placeholder="Any"
          w={140}
          clearable
          clearButtonProps={{ 'aria-label': 'Any verdict' }}
          data={Object.entries(CALL_VERDICT_WORDS).map(([value, label]) => ({ value, label }))}
          value={values.verdict || null}
          onChange={value => set('verdict', value)}
        />
        <ProviderPicker width={130} value={values.provider_id} onChange={value => set('provider_id', value)} />
        <CustomerPicker width={130} value={values.customer_id} onChange={value => set('customer_id', value)} />
        <TrunkPicker
          width={130}
          value={values.trunk_id}
          customer={values.customer_id}
          onChange={value => set('trunk_id', value)}
        />
        {!areRare && (
          <Button variant="default" onClick={() => setMore(true)}>
            More filters
          </Button>
        )}
      </div>
      {areRare && <Rare values={values} set={set} />}
      {!isUnread(calls.error) && <Failure error={calls.error} again={() => calls.refetch()} />}
      <Panel flush hidden={isUnread(calls.error)}>
        <Grid
          label="Calls"
          rows={calls.data?.result}
          id={call => call.id}
          busy={calls.isPlaceholderData}
          onOpen={call => go(`/calls/${call.id}`)}
          keys={{ t: call => go(`/test?customer_id=${call.customer_id}&number=${encodeURIComponent(call.number)}`) }}
          empty={
            any ? (
              <Empty title={sentence('no_call_fits')} />
            ) : (
              <Empty title={sentence('no_call')} action={<Link href="/trunks">{sentence('point_a_switch')}</Link>}>
                {sentence('no_call_next')}
              </Empty>
            )
          }
          columns={[
            {
              key: 'at',
              head: 'Time',
              width: 120,
              cell: call => (
                <Link href={`/calls/${call.id}`}>
                  <When at={call.tm_start} />
                </Link>
              ),
            },
            { key: 'from', head: 'From', wide: true, cell: call => <span className="mono">{call.source.target}</span> },
            {
              key: 'number',
              head: 'Number',
              cell: call => <span className="mono">{call.number || call.dialled}</span>,
            },
            { key: 'customer', head: 'Customer', cell: call => name(call.customer_id) },
            { key: 'trunk', head: 'Trunk', wide: true, cell: call => name(call.trunk_id) },
            { key: 'attempts', head: 'Attempts', cell: call => <Attempts call={call} name={name} /> },
            { key: 'pdd', head: 'PDD', number: true, cell: call => span(call.pdd_ms) },
            { key: 'duration', head: 'Talked', number: true, wide: true, cell: call => span(call.duration_ms) },
            { key: 'end', head: 'State', cell: call => <End call={call} /> },
          ]}
        />
      </Panel>
      <Pager page={calls.data} />
    </>
  )
}

type Rarely = (typeof RARE)[number]

function Rare({ values, set }: { values: Record<Rarely, string>; set: (name: Rarely, value: string | null) => void }) {
  const typed = (name: Rarely, label: string, placeholder: string, width: number) => (
    <Typed
      label={label}
      placeholder={placeholder}
      width={width}
      value={values[name]}
      onChange={value => set(name, value)}
    />
  )
  return (
    <fieldset className="bar rare" aria-label="More filters">
      {typed('number_suffix', 'Number ends with', '4567', 130)}
      {typed('min_attempts', 'Attempts at least', '2', 120)}
      {typed('reason', 'Reason holds', 'unavailable', 170)}
      {typed('edge', 'Edge', 'munich-1', 130)}
      {typed('sip_call_id', 'Call-ID', '84551ed2@pbx', 260)}
    </fieldset>
  )
}

export function End({ call }: { call: Call }) {
  if (call.status !== 'hangup') return <Chip tone="good">{CALL_STATUSES[call.status]}</Chip>
  const answered = instant(call.tm_progressing) !== null
  const tone: Tone = answered ? '' : call.hangup_reason === 'failed' || call.hangup_reason === 'timeout' ? 'bad' : 'dim'
  return (
    <Chip tone={tone}>
      {call.hangup_reason || 'ended'}
      {!answered && call.sip_status ? ` ${call.sip_status}` : ''}
    </Chip>
  )
}
