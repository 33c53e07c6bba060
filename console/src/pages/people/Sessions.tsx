/** Where a person is signed in, and the way to end that everywhere. */
import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import type { Schemas } from '../../api/client'
import { type Agent, useAnswer, useMay, useMe, useWrite } from '../../api/queries'
import { ago, instant } from '../../api/time'
import { Failure, Panel, When } from '../../parts/basics'
import { count } from '../../parts/figures'
import { saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'

type Session = Schemas['AgentSession']

export default function Sessions({ person }: { person: Agent }) {
  const may = useMay()
  const [asking, setAsking] = useState(false)
  const sessions = useAnswer<Schemas['AgentSessions']>(`/v1.0/agents/${person.id}/sessions`)
  const found = sessions.data?.result
  return (
    <div className="stack about">
      <Panel title="Sessions" aside={found && <span className="num">{count(found.length)}</span>}>
        <Failure error={sessions.error} again={() => sessions.refetch()} />
        {found?.length === 0 && <p className="dim">{sentence('no_session')}</p>}
        <ul className="sessions">
          {found?.map(session => (
            <One key={session.id} session={session} />
          ))}
        </ul>
        {may('agent.logout') && !!found?.length && (
          <Button variant="default" onClick={() => setAsking(true)}>
            End sessions
          </Button>
        )}
      </Panel>
      {asking && <Ask person={person} sessions={found?.length ?? 0} onClose={() => setAsking(false)} />}
    </div>
  )
}

const One = ({ session }: { session: Session }) => (
  <li>
    <div className="between">
      <b>{session.holder === 'browser' ? 'Browser' : 'Program'}</b>
      <span className="dim">
        since <When at={session.tm_login} />
      </span>
    </div>
    <div>
      {sentence('session_used', { ago: ago(instant(session.tm_used) ?? 0), address: session.source_ip || '–' })}
    </div>
    <div className="dim program" title={session.user_agent}>
      {session.user_agent}
    </div>
  </li>
)

function Ask({ person, sessions, onClose }: { person: Agent; sessions: number; onClose: () => void }) {
  const me = useMe().data
  const name = person.name || person.username
  const write = useWrite(({ revision }) => {
    onClose()
    saved(revision, 'Sessions ended')
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={sentence('end_sessions', { name })}
      size="sm"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="form">
        <p>
          {sentence('end_sessions_next', { name, count: count(sessions) })}{' '}
          {me?.id === person.id && sentence('end_sessions_own')}
        </p>
        <Failure error={write.error} />
        <div className="row">
          <Button
            loading={write.isPending}
            onClick={() => write.mutate({ method: 'POST', path: `/v1.0/agents/${person.id}/logout` })}
          >
            End sessions
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep
          </Button>
        </div>
      </div>
    </Modal>
  )
}
