/** The demo's switches: what each carrier does, the plug of the control plane, and what became of the calls. */
import { Button, Modal } from '@mantine/core'
import { Fragment, useState } from 'react'
import { Link } from 'wouter'
import type { Schemas } from '../api/client'
import { useAnswer, useMay, useWrite } from '../api/queries'
import { Chip, Dot, Failure } from '../parts/basics'
import { count } from '../parts/figures'
import { failed } from '../parts/saved'
import { sentence } from '../parts/sentences'

type Demo = Schemas['DemoAnswer']

const PATH = '/v1.0/demo'

export default function DemoBar() {
  const demo = useAnswer<Demo>(PATH, {}, { every: 2 })
  const may = useMay()
  const write = useWrite()
  const [isExplained, explain] = useState(false)
  if (!demo.data) return <Failure error={demo.error} />
  const { carriers, positions, counted, outage, lost_calls } = demo.data
  const of = Object.fromEntries(counted.map(one => [one.counter, one.count]))
  return (
    <aside className="demo" aria-label="Demo">
      <b>Demo</b>
      {carriers.map(one => (
        <label key={one.provider_id} title={`${one.character}. ${meaning(positions, one.switch)}`}>
          <Dot tone={one.switch === 'answers' ? 'good' : one.switch === 'slow' ? 'warn' : 'bad'} word="" />
          <Link href={`/providers/${one.provider_id}`}>{one.name}</Link>
          <select
            aria-label={`${one.name} of the demo`}
            value={one.switch}
            disabled={!may('demo.update')}
            onChange={event =>
              write.mutate(
                { method: 'PUT', path: `${PATH}/${one.provider_id}`, body: { switch: event.currentTarget.value } },
                { onError: failed },
              )
            }
          >
            {positions.map(position => (
              <option key={position.switch}>{position.switch}</option>
            ))}
          </select>
        </label>
      ))}
      <span className="grow" />
      {counted.length > 0 && (
        <button type="button" className="counters" onClick={() => explain(true)} title="What is counted">
          <span className="num">
            {count(of.in_progress ?? 0)} in progress, {count(of.waiting ?? 0)} to be recorded
          </span>
          <Chip tone={of.lost ? 'bad' : 'good'}>
            lost <b className="num">{count(of.lost ?? 0)}</b>
          </Chip>
        </button>
      )}
      {may('demo.update') && (
        <Button
          size="compact-xs"
          variant="default"
          title={outage.meaning}
          loading={write.isPending && write.variables.path.endsWith('/outage')}
          onClick={() => write.mutate({ method: 'POST', path: `${PATH}/outage` }, { onError: failed })}
        >
          {sentence('demo_plug', { seconds: outage.for_s })}
        </Button>
      )}
      {outage.calls > 0 && (
        <span className="dim num" role="status">
          {sentence('demo_outage', { calls: count(outage.calls), arrived: count(outage.arrived) })}
        </span>
      )}
      <Modal
        opened={isExplained}
        onClose={() => explain(false)}
        title={sentence('demo_calls')}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <dl className="facts counted">
          {counted.map(one => (
            <Fragment key={one.counter}>
              <dt>
                {one.counter.replaceAll('_', ' ')} <b className="num">{count(one.count)}</b>
              </dt>
              <dd>{one.meaning}</dd>
            </Fragment>
          ))}
        </dl>
        {lost_calls.map(one => (
          <div className="mono bad" key={one}>
            {one}
          </div>
        ))}
      </Modal>
    </aside>
  )
}

const meaning = (positions: Demo['positions'], chosen: string) =>
  positions.find(position => position.switch === chosen)?.meaning ?? ''
