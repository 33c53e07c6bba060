/** A short real call by a trunk; the API says what it would be, and whether it can be placed. */
import { Button, Modal, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Schemas } from '../api/client'
import { useAnswer, useMay, useNames, useTrunks, useWrite } from '../api/queries'
import { Chip, Failure, Worded } from './basics'
import { filtered } from './filter'
import { TrunkPicker } from './pickers'
import { sentence } from './sentences'

const PLACING = '/v1.0/testcalls'

type Props = {
  label: string
  /** Where it is not to be typed. */
  number?: string
  caller?: string
  /** Whose trunks may be chosen; '' for everybody's. */
  customer?: string
  trunk?: string
  /** The carrier that is to be tried: it is said whether it would be. */
  provider?: string
}

export function TestCall(props: Props) {
  const [isOpen, open] = useState(false)
  if (!useMay()('testcall.place')) return null
  return (
    <>
      <Button variant={props.provider ? 'default' : 'filled'} onClick={() => open(true)}>
        {props.label}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => open(false)}
        title={props.label}
        size={props.provider ? 'lg' : undefined}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Placing {...props} onClose={() => open(false)} />
      </Modal>
    </>
  )
}

function Placing({ number = '', caller, customer, trunk, provider, onClose }: Props & { onClose: () => void }) {
  const [typed, type] = useState(number)
  const [picked, pick] = useState<string | null>(null)
  const [, go] = useLocation()
  const own = useTrunks().data?.filter(one => !customer || one.customer_id === customer)
  const trunk_id = trunk || picked || own?.[0]?.id || ''
  const called = provider ? typed.trim() : number
  const isAsked = !!trunk_id && !!called
  const plan = useAnswer<Schemas['PlannedCall']>(PLACING, { trunk_id, number: called }, { enabled: isAsked })
  const write = useWrite<Schemas['PlacedCall']>(({ value }) => {
    if (!value.is_placed || value.sip_status) return
    notifications.show({ message: value.meaning, closeButtonProps: { 'aria-label': 'Close' } })
    go(`${filtered('/calls', `number:${value.number}`)}&live=1`)
  })
  const said = isAsked ? (write.data?.value.meaning ?? plan.data?.meaning) : ''
  return (
    <div className="form">
      {provider && (
        <TextInput
          label="Number"
          placeholder="+442071234567"
          w={260}
          value={typed}
          data-autofocus
          onChange={event => type(event.currentTarget.value)}
        />
      )}
      {!trunk && <TrunkPicker value={trunk_id} customer={customer} onChange={pick} width={260} every="" />}
      {own?.length === 0 && !trunk && (
        <p className="said">
          {sentence('no_trunk_to_call_by')} <Link href="/trunks">Trunks</Link>
        </p>
      )}
      {provider && isAsked && <Order trunk={trunk_id} dialled={called} provider={provider} />}
      {said && (
        <p className="said">
          <Worded text={said} />
        </p>
      )}
      <Failure error={isAsked ? (plan.error ?? write.error) : null} />
      <div className="row">
        <Button
          disabled={!isAsked || !plan.data?.is_possible || !!write.data}
          loading={write.isPending}
          onClick={() => write.mutate({ method: 'POST', path: PLACING, body: { trunk_id, number: called, caller } })}
        >
          Call {plan.data?.number ?? called}
        </Button>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  )
}

/** The carriers that the call would try, in order: a test call goes where any other goes. */
function Order({ trunk, dialled, provider }: { trunk: string; dialled: string; provider: string }) {
  const asked = { trunk_id: trunk, dialled, explain: true, expand: 'provider' }
  const found = useAnswer<Schemas['DialledAnswer']>('/v1.0/dialled', asked).data
  const name = useNames(found?.names)
  if (!found) return null
  const tried = found.result.map(route => route.provider_id)
  const isFirst = tried[0] === provider
  const said = found.refusal?.sentence ?? (isFirst ? sentence('tried_first') : sentence('not_tried_first'))
  return (
    <div>
      <p className={`said ${isFirst ? '' : 'bad'}`}>{said}</p>
      <div className="row wrap">
        {tried.map(id => (
          <Chip key={id} tone={id === provider ? 'good' : ''}>
            {name(id)}
          </Chip>
        ))}
        <Link href={`/test?number=${encodeURIComponent(dialled)}&trunk_id=${trunk}`}>Why</Link>
      </div>
    </div>
  )
}
