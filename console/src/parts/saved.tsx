/** The notice after a change: its revision, and the way back. */
import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { refresh } from '../api/cache'
import { request } from '../api/client'
import { count } from './figures'
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
  const id = `revision-${revision}-${Date.now()}`
  notifications.show({
    id,
    color: 'teal',
    autoClose: 9000,
    closeButtonProps: { 'aria-label': 'Close' },
    message: (
      <div className="between">
        <span>{revision ? `${what} as revision ${count(revision)}` : 'Nothing changed'}</span>
        {revision && (
          <Button
            variant="subtle"
            onClick={() => {
              notifications.hide(id)
              undo(revision)
            }}
          >
            Undo
          </Button>
        )}
      </div>
    ),
  })
}

export function undo(revision: number) {
  request('POST', `/v1.0/revisions/${revision}/undo`)
    .then(answer => {
      refresh()
      notifications.show({
        color: 'teal',
        message: sentence('undone', { revision: count(revision), by: count(answer.revision) }),
        closeButtonProps: { 'aria-label': 'Close' },
      })
    })
    .catch(failed)
}
