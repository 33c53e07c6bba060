/** The calls: a list that can follow what happens, and one call as a sentence, a time line, a ladder and the reasons. */
import { Switch } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import { type Call, useNames, usePage } from '../api/queries'
import { CALL_STATUSES, CALL_VERDICT_WORDS } from '../api/tables'
import { instant } from '../api/time'
import { Chip, Empty, Failure, Head, Panel, type Tone, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Attempts } from '../parts/calls'
import { Filters } from '../parts/Filter'
import { span } from '../parts/figures'
import { isUnread } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
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

/** What the filter's box takes, as fields. */
const FIELDS = [
  { word: 'number', label: 'Number', like: '+44* or *4567', isPattern: true },
  { word: 'caller', label: 'Who calls', like: '+15550100' },
  { word: 'is', label: 'State', words: {} },
  { word: 'verdict', label: 'Verdict', words: CALL_VERDICT_WORDS },
  { word: 'provider', label: 'Provider' },
  { word: 'customer', label: 'Customer' },
  { word: 'trunk', label: 'Trunk' },
  { word: 'edge', label: 'Edge', like: 'munich-1' },
  { word: 'attempts', label: 'Attempts', like: '>=2', isPattern: true },
  { word: 'reason', label: 'Reason holds', like: 'unavailable' },
  { word: 'callid', label: 'Call-ID', like: '84551ed2@pbx' },
  { word: 'started', label: 'Started', isTime: true },
] as const
const FILTERS = ['filter', 'live'] as const
const TAIL_S = 2

function List() {
  const [, go] = useLocation()
  const { values, set, token } = useFilters(FILTERS)
  const isLive = values.live === '1' && !token
  const asked = {
    filter: values.filter,
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
      <Filters
        list="call"
        fields={FIELDS}
        value={values.filter}
        onChange={value => set('filter', value)}
        error={calls.error}
      />
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
            values.filter ? (
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
