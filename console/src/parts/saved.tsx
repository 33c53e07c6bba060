/** The notice after a change: its revision, and the way back. */
import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { refresh } from '../api/cache'
import { request } from '../api/client'
import { isOurs } from '../api/live'
import { count } from './figures'
import { useKeys } from './keys'
import { sentence } from './sentences'

export function failed(error: Error) {
  notifications.show({
    color: 'red',
    title: 'Not done',
    message: error.message || sentence('away'),
    autoClose: 12_000,
    closeButtonProps: { 'aria-label': 'Close' },
  })
}

export function saved(revision: number | null, what = 'Saved') {
  isOurs(revision)
  const id = `revision-${revision}-${Date.now()}`
  notifications.show({
    id,
    color: 'teal',
    autoClose: 9000,
    closeButtonProps: { 'aria-label': 'Close' },
    message: revision ? (
      <Saved revision={revision} what={what} onUndo={() => notifications.hide(id)} />
    ) : (
      'Nothing changed'
    ),
  })
}

/** While it stands, `z` is the way back from it. */
function Saved({ revision, what, onUndo }: { revision: number; what: string; onUndo: () => void }) {
  const back = () => {
    onUndo()
    undo(revision)
  }
  useKeys({ z: back })
  return (
    <div className="between">
      <span>
        {what} as revision {count(revision)}
      </span>
      <Button variant="subtle" onClick={back}>
        Undo
      </Button>
    </div>
  )
}

export function undo(revision: number) {
  request('POST', `/v1.0/revisions/${revision}/undo`)
    .then(answer => {
      isOurs(answer.revision)
      refresh()
      notifications.show({
        color: 'teal',
        message: sentence('undone', { revision: count(revision), by: count(answer.revision) }),
        closeButtonProps: { 'aria-label': 'Close' },
      })
    })
    .catch(failed)
}
