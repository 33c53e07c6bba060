/** The INVITE that the provider gets of an example call: the function that decides it is the one that edges use. */
import { useState } from 'react'
import type { Schemas } from '../../api/client'
import { useAnswer } from '../../api/queries'
import { Chip, Failure, Panel } from '../../parts/basics'
import { CopyButton } from '../../parts/CopyAs'
import { Typed } from '../../parts/pickers'
import { sentence } from '../../parts/sentences'

type Invite = Schemas['InviteAnswer']

/** The lines of the message that the provider's settings make. */
const lines = ({ uri, headers }: Invite) =>
  [`INVITE ${uri} SIP/2.0`, ...headers.map(({ name, value }) => `${name}: ${value}`)].join('\n')

export function AsSent({ id, example }: { id: string; example: string | undefined }) {
  const [number, setNumber] = useState('')
  const [caller, setCaller] = useState('')
  const [kept, keep] = useState(example)
  if (!kept && example) keep(example) // the last call as the page was opened: what is read does not change by itself
  const query = { number: number || kept, caller }
  const answer = useAnswer<Invite>(`/v1.0/providers/${id}/invite`, query, { stale: 30 })
  const found = answer.data
  return (
    <Panel title="As sent" aside={found?.uri ? <CopyButton what={lines(found)}>Copy</CopyButton> : undefined}>
      <div className="bar" style={{ margin: '0 0 10px' }}>
        <Typed label="Number" placeholder={found?.number} value={number} onChange={setNumber} />
        <Typed label="Who calls" placeholder="+442079460000" value={caller} onChange={setCaller} />
      </div>
      <Failure error={answer.error} />
      {found?.obstacle && <p className="said bad">{found.obstacle}</p>}
      {found?.uri && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className="code" tabIndex={0}>
          {lines(found)}
        </pre>
      )}
      {found && (
        <div className="row wrap" style={{ marginTop: 8 }}>
          <Chip>{found.timeouts.no_response_s} s silent</Chip>
          <Chip>{found.timeouts.progress_s} s to ring</Chip>
          <Chip>{found.timeouts.ring_s} s ringing</Chip>
          {found.codecs && <Chip>{found.codecs}</Chip>}
          {found.removed_headers.map(name => (
            <Chip key={name}>without {name}</Chip>
          ))}
        </div>
      )}
      <p className="dim under-all">{sentence('as_sent')}</p>
    </Panel>
  )
}
