import { Button } from '@mantine/core'
import { Link } from 'wouter'
import type { Schemas } from '../../api/client'
import { type Call, useAnswer, useMay, useNames } from '../../api/queries'
import { CALL_STATUSES } from '../../api/tables'
import { Chip, Failure, Gone, Head, Panel, When } from '../../parts/basics'
import { CopyButton } from '../../parts/CopyAs'
import { NONE, span } from '../../parts/figures'
import { savePicture } from '../../parts/picture'
import { sentence } from '../../parts/sentences'
import { Picture } from '../test/Picture'
import { Ladder } from './Ladder'
import { Waterfall } from './Waterfall'

export type Timeline = Schemas['TimelineAnswer']

const STILL_GOING_S = 2
/** Carriers and others that it names may be gone. */
const NAMED = { expand: 'provider,customer,trunk' }

export default function OneCall({ id }: { id: string }) {
  const may = useMay()
  const answer = useAnswer<Call>(`/v1.0/calls/${id}`, NAMED)
  const call = answer.data
  const name = useNames(call?.names)
  const every = call && call.status !== 'hangup' ? STILL_GOING_S : undefined
  useAnswer<Call>(`/v1.0/calls/${id}`, NAMED, { every })
  const timeline = useAnswer<Timeline>(`/v1.0/calls/${id}/timeline`, {}, { version: call?.tm_update, enabled: !!call })
  if (!call)
    return (
      <>
        <Head title="Call" />
        <Gone error={answer.error} again={() => answer.refetch()} id={id} list="/calls" />
      </>
    )
  return (
    <>
      <Head
        title={
          <span className="num">
            {call.source.target || 'unknown'} → {call.number || call.dialled}
          </span>
        }
        sub={timeline.data?.summary}
      >
        {may('dialroute.list') && call.number && (
          <Button
            variant="default"
            component={Link}
            href={`/test?customer_id=${call.customer_id}&number=${encodeURIComponent(call.number)}`}
          >
            Same number now
          </Button>
        )}
        <CopyButton what={location.href}>Copy link</CopyButton>
      </Head>
      <div className="cols">
        <div className="stack">
          <Panel title="Time line" aside={<When at={call.tm_start} />}>
            <Waterfall call={call} name={name} />
            <ol className="lines">
              {timeline.data?.lines.map((line, i) => (
                <li key={i} className={line.detail ? 'detail' : ''}>
                  <span className="num dim at">{line.offset_ms == null ? '' : span(line.offset_ms)}</span>
                  <span className={line.tone === 'bad' ? 'warn' : line.tone === 'good' ? 'good' : ''}>{line.text}</span>
                </li>
              ))}
            </ol>
            <Failure error={timeline.error} />
          </Panel>
          <Panel
            title={sentence('messages')}
            aside={
              <Button variant="subtle" onClick={() => savePicture('ladder', `call-${id}`)}>
                As SVG
              </Button>
            }
          >
            {timeline.data && <Ladder lanes={timeline.data.lanes} messages={timeline.data.messages} />}
          </Panel>
        </div>
        <div className="stack">
          <Panel title={sentence('carriers_then')} flush>
            <ol className="chain">
              {(call.decision ?? []).map(place => (
                <li key={place.route_id} className={place.position ? '' : 'dim'}>
                  <span className="num place">{place.position ?? '×'}</span>
                  <b>{name(place.provider_id)}</b>{' '}
                  <span className="mono dim">
                    {place.target} · {place.priority}
                  </span>
                  <span className="dim">{place.why.join('; ')}</span>
                </li>
              ))}
              {!call.decision?.length && <li className="dim">{sentence('no_decision')}</li>}
            </ol>
          </Panel>
          <Panel title="Call">
            <dl className="facts">
              <dt>Customer</dt>
              <dd>
                {call.customer_id ? (
                  <Link href={`/customers/${call.customer_id}`}>{name(call.customer_id)}</Link>
                ) : (
                  NONE
                )}
              </dd>
              <dt>Trunk</dt>
              <dd>{call.trunk_id ? <Link href={`/trunks/${call.trunk_id}`}>{name(call.trunk_id)}</Link> : NONE}</dd>
              <dt>From</dt>
              <dd className="mono">
                {call.source.target} <span className="dim">{call.source_address}</span>
              </dd>
              <dt>Dialled</dt>
              <dd className="mono">{call.dialled}</dd>
              {call.routing_number && (
                <>
                  <dt>Routed by</dt>
                  <dd className="mono">{call.routing_number}</dd>
                </>
              )}
              <dt>Edge</dt>
              <dd>{call.edge}</dd>
              <dt>Post-dial delay</dt>
              <dd>{span(call.pdd_ms)}</dd>
              <dt>Talked</dt>
              <dd>{span(call.duration_ms)}</dd>
              <dt>State</dt>
              <dd>
                <Chip>{CALL_STATUSES[call.status]}</Chip> {call.sip_status ?? ''}
              </dd>
              <dt>Call-ID</dt>
              <dd className="mono">{call.sip_call_id}</dd>
              <dt>ID</dt>
              <dd className="mono id">{call.id}</dd>
            </dl>
          </Panel>
        </div>
      </div>
      {(call.stages?.length ?? 0) > 0 && (
        <div style={{ marginTop: 12 }}>
          <Panel
            title={sentence('decision_then')}
            aside={
              <Button variant="subtle" onClick={() => savePicture('decision', `decision-${id}`)}>
                As SVG
              </Button>
            }
          >
            <Picture candidates={call.decision ?? []} stages={call.stages ?? []} name={name} />
          </Panel>
        </div>
      )}
    </>
  )
}
