/** Making, changing and deleting one object in a panel beside the page. What is typed stays until it is saved. */
import { Button, Drawer, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, Suspense, useState } from 'react'
import { Refusal, request } from '../api/client'
import { FORMS, type KindName } from '../api/forms'
import { HOME } from '../api/place'
import { useMay, useWrite } from '../api/queries'
import { Absence } from './Absence'
import { Failure } from './basics'
import { Code, CopyButton } from './CopyAs'
import { CopySaving } from './CopySaving'
import { label } from './labels'
import { ObjectForm, type Values } from './ObjectForm'
import { Replace, RoutesShown } from './Replace'
import { saved } from './saved'
import { sentence } from './sentences'

type Props = {
  kind: KindName
  /** null for a new one. */
  id: string | null
  initial?: Values
  onClose: () => void
  onSaved?: (value: Values) => void
  /** What else there is to know of the object. */
  about?: ReactNode
}

export default function Editor({ kind, id, initial = {}, onClose, onSaved, about }: Props) {
  const { path, one, create, update } = FORMS[kind]
  const may = useMay()
  const [mine, setMine] = useState<Values>({})
  const loaded = useQuery({
    queryKey: ['editor', path, id],
    queryFn: () => request<Values>('GET', `${path}/${id}`),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const write = useWrite<Values>((answer, { method }) => {
    saved(answer.revision, method === 'DELETE' ? `Deleted the ${one}` : undefined)
    onSaved?.(answer.value)
    if (method === 'DELETE' || !('token' in answer.value)) onClose()
  })
  const values = id === null ? initial : loaded.data?.value
  const isStale = write.error instanceof Refusal && write.error.status === 412
  const bodyOf = (changed: Values) => (id === null ? known({ ...initial, ...changed }) : changed)
  const save = (changed: Values) => {
    setMine(changed)
    if (id === null) write.mutate({ method: 'POST', path, body: bodyOf(changed) })
    else if (Object.keys(changed).length === 0) onClose()
    else write.mutate({ method: 'PUT', path: `${path}/${id}`, body: changed, ifMatch: loaded.data?.etag })
  }
  return (
    <Drawer opened onClose={onClose} title={id === null ? `New ${one}` : `Edit ${one}`} size={460}>
      {loaded.error && <Failure error={loaded.error} again={() => loaded.refetch()} />}
      {write.data && 'token' in write.data.value && <Token token={String(write.data.value.token)} onClose={onClose} />}
      {values && !(write.data && 'token' in write.data.value) && (
        <ObjectForm
          groups={id === null ? create : update}
          values={values}
          error={isStale ? null : write.error}
          busy={write.isPending}
          save={id === null ? `Create the ${one}` : 'Save'}
          onSave={save}
        >
          {changed => (
            <>
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <CopySaving kind={kind} id={id} body={bodyOf(changed)} etag={loaded.data?.etag} />
              {id !== null && may(`${kind}.delete`) && <Delete kind={kind} id={id} write={write} />}
            </>
          )}
        </ObjectForm>
      )}
      {isStale && id !== null && (
        <Conflict
          path={`${path}/${id}`}
          before={loaded.data?.value ?? {}}
          mine={mine}
          onTheirs={() => {
            write.reset()
            void loaded.refetch()
          }}
          onMine={etag => write.mutate({ method: 'PUT', path: `${path}/${id}`, body: mine, ifMatch: etag })}
        />
      )}
      {about && <Suspense>{about}</Suspense>}
    </Drawer>
  )
}

const known = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const text = (value: unknown) =>
  value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value)

function Conflict({
  path,
  before,
  mine,
  onTheirs,
  onMine,
}: {
  path: string
  before: Values
  mine: Values
  onTheirs: () => void
  onMine: (etag: string | null) => void
}) {
  const theirs = useQuery({ queryKey: ['theirs', path], queryFn: () => request<Values>('GET', path), gcTime: 0 })
  const now = theirs.data?.value ?? {}
  const names = [
    ...new Set([...Object.keys(mine), ...Object.keys(now).filter(name => text(now[name]) !== text(before[name]))]),
  ].filter(name => name !== 'tm_update')
  return (
    <Modal
      opened
      onClose={onTheirs}
      title={sentence('changed_meanwhile')}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Before</th>
            <th scope="col">Theirs</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {names.map(name => (
            <tr key={name}>
              <td>{label(name)}</td>
              <td className="mono">{text(before[name])}</td>
              <td className="mono">{text(now[name])}</td>
              <td className="mono">{name in mine ? text(mine[name]) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="row" style={{ marginTop: 16 }}>
        <Button onClick={() => onMine(theirs.data?.etag ?? null)}>Apply mine again</Button>
        <Button variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
      </div>
    </Modal>
  )
}

function Delete({ kind, id, write }: { kind: KindName; id: string; write: ReturnType<typeof useWrite<Values>> }) {
  const { path, one } = FORMS[kind]
  const [asking, setAsking] = useState(false)
  const inUse = write.error instanceof Refusal && write.error.reason === 'PROVIDER_IN_USE'
  return (
    <>
      <Button variant="subtle" color="red" ml="auto" onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={sentence('delete', { what: one })}
        size="sm"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <div className="form">
          {kind === 'provider' && <Absence id={id} />}
          <p>{sentence('delete_next')}</p>
          <Failure error={inUse ? null : write.error} />
          {inUse && (
            <>
              <p className="said bad" role="alert">
                {write.error?.message}
              </p>
              <RoutesShown id={id} />
            </>
          )}
          <div className="row">
            {inUse && <Replace id={id} />}
            <Button
              color="red"
              loading={write.isPending}
              onClick={() =>
                write.mutate({ method: 'DELETE', path: `${path}/${id}`, query: inUse ? { force: true } : {} })
              }
            >
              {inUse ? sentence('delete_with_routes') : 'Delete'}
            </Button>
            <Button variant="default" onClick={() => setAsking(false)}>
              Keep
            </Button>
          </div>
        </div>
      </Modal>
    </>
  )
}

function Token({ token, onClose }: { token: string; onClose: () => void }) {
  const asCurl = sentence('key_as_curl', { url: HOME, token })
  const asPython = sentence('key_as_python', { url: HOME, token })
  return (
    <div className="form">
      <b>{sentence('key_once')}</b>
      <Code text={token} />
      <span className="dim">{sentence('key_tried')}</span>
      <Code text={asCurl} />
      <Code text={asPython} />
      <div className="row">
        <CopyButton what={token}>Copy the key</CopyButton>
        <CopyButton what={asCurl}>As curl</CopyButton>
        <CopyButton what={asPython}>As Python</CopyButton>
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  )
}
