/** The commands that make a machine an edge, with a key that is made here and bound to it. */
import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import type { Schemas } from '../../api/client'
import { HOME } from '../../api/place'
import { type Edge, usePage, useWrite } from '../../api/queries'
import { EDGE_KEY, EDGE_NAME, EDGE_SIP } from '../../api/tables'
import { Failure } from '../../parts/basics'
import { Code, CopyButton } from '../../parts/CopyAs'
import { saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'
import { pageOf } from '../Edges'

type Made = { token: string; name: string }

/** The body of the request that makes the key of an edge of this name. */
const keyOf = (name: string) =>
  Object.fromEntries(
    Object.entries(EDGE_KEY).map(([field, value]) => [
      field,
      typeof value === 'string' ? value.replace('{name}', name) : value,
    ]),
  )

export default function NewEdge() {
  const [name, setName] = useState('')
  const [sip, setSip] = useState<string>(EDGE_SIP)
  const [url, setUrl] = useState(HOME)
  const [made, setMade] = useState<Made | null>(null)
  const write = useWrite<Schemas['AccessKeyAnswer'] & { token: string }>(({ value, revision }) => {
    saved(revision)
    setMade({ token: value.token, name: value.edge ?? '' })
  })
  const isName = new RegExp(`^${EDGE_NAME}$`).test(name)
  const command = sentence('install_edge', { url, sip, name: name || 'NAME', token: made?.token ?? 'KEY' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isName) write.mutate({ method: 'POST', path: '/v1.0/accesskeys', body: keyOf(name) })
  }
  return (
    <form className="form new-edge" onSubmit={submit}>
      <div className="three">
        <TextInput
          label="Name"
          description={sentence('edge_name')}
          placeholder="berlin"
          value={name}
          readOnly={!!made}
          required
          error={!!name && !isName && EDGE_NAME}
          onChange={event => setName(event.currentTarget.value)}
        />
        <TextInput
          label="SIP address"
          description={sentence('edge_sip')}
          value={sip}
          onChange={event => setSip(event.currentTarget.value)}
        />
        <TextInput
          label="Control plane"
          description={sentence('edge_url')}
          value={url}
          onChange={event => setUrl(event.currentTarget.value)}
        />
      </div>
      <Code text={command} />
      <p className="dim">{sentence('install_edge_next')}</p>
      <Failure error={write.error} />
      {made ? (
        <div className="row wrap">
          <CopyButton what={command}>Copy the commands</CopyButton>
          <span>{sentence('install_edge_once')}</span>
          <Arrival name={made.name} />
        </div>
      ) : (
        <div className="row">
          <Button type="submit" disabled={!isName} loading={write.isPending}>
            Make its key
          </Button>
        </div>
      )}
    </form>
  )
}

/** Whether it has been heard by now. */
function Arrival({ name }: { name: string }) {
  const edge = usePage<Edge>('/v1.0/edges', {}, { every: 2 }).data?.result.find(one => one.name === name)
  return (
    <span role="status">
      {edge ? (
        <Link className="good" href={pageOf(name)}>
          {sentence('edge_here', { name, state: edge.state_detail })}
        </Link>
      ) : (
        <span className="dim">Not heard yet</span>
      )}
    </span>
  )
}
