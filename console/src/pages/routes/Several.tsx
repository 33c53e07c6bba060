/** Several routes changed at once: what would change is shown first, then it is one revision. */
import { Button, Modal, NumberInput, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { request, type Schemas } from '../../api/client'
import { type Route, useProviders, useWrite } from '../../api/queries'
import { Failure } from '../../parts/basics'
import { Difference } from '../../parts/changes'
import { failed, saved } from '../../parts/saved'

type Changes = Schemas['ChangesAnswer']
type Fields = Record<string, unknown> | null

export default function Several({ routes, onDone }: { routes: Route[]; onDone: () => void }) {
  const [fields, setFields] = useState<Fields>(null)
  const providers = useProviders().data ?? []
  const body = (changed: Fields) => ({
    changes: routes.map(({ id }) =>
      changed ? { action: 'update', kind: 'route', id, fields: changed } : { action: 'delete', kind: 'route', id },
    ),
  })
  const tried = useMutation({
    mutationFn: (changed: Fields) =>
      request<Changes>('POST', '/v1.0/changes', { query: { dry_run: true }, body: body(changed) }),
    onError: failed,
  })
  const publish = useWrite<Changes>(answer => {
    saved(answer.value.revision, `${routes.length} routes changed`)
    onDone()
  })
  const look = (changed: Fields) => {
    setFields(changed)
    tried.mutate(changed)
  }
  return (
    <fieldset className="panel several" aria-label="The selected routes">
      <b className="num">{routes.length} selected</b>
      <Select
        aria-label="Set the provider"
        placeholder="Set provider"
        w={150}
        searchable
        value={null}
        data={providers.map(one => ({ value: one.id, label: one.name || one.hostname }))}
        onChange={value => value && look({ provider_id: value })}
      />
      <NumberInput
        size="xs"
        aria-label="Set the priority"
        placeholder="Set priority"
        w={110}
        hideControls
        allowDecimal={false}
        onKeyDown={event =>
          event.key === 'Enter' &&
          event.currentTarget.value !== '' &&
          look({ priority: Number(event.currentTarget.value) })
        }
      />
      <Button variant="default" onClick={() => look({ enabled: true })}>
        Enable
      </Button>
      <Button variant="default" onClick={() => look({ enabled: false })}>
        Disable
      </Button>
      <Button variant="default" color="red" onClick={() => look(null)}>
        Delete
      </Button>
      <Button variant="subtle" color="gray" ml="auto" onClick={onDone}>
        Select none
      </Button>
      <Modal
        opened={!!tried.data}
        onClose={() => tried.reset()}
        title="What would change"
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {tried.data && <Difference changes={tried.data.value.changes ?? []} />}
        <Failure error={publish.error} />
        <div className="row" style={{ marginTop: 16 }}>
          <Button
            loading={publish.isPending}
            onClick={() => publish.mutate({ method: 'POST', path: '/v1.0/changes', body: body(fields) })}
          >
            Publish as one revision
          </Button>
          <Button variant="default" onClick={() => tried.reset()}>
            Back
          </Button>
        </div>
      </Modal>
    </fieldset>
  )
}
