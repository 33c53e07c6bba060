/** Several routes changed at once, the selected ones or all that the filter means: what would change is shown first, then
 *  it is one revision. */
import { Button, Modal, NumberInput, Progress, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { refresh } from '../../api/cache'
import { request, type Schemas } from '../../api/client'
import { type Page, type Route, useProviders } from '../../api/queries'
import { MAX_CHANGES } from '../../api/tables'
import { Failure } from '../../parts/basics'
import { Difference } from '../../parts/changes'
import { actionOf, type Counted, changeAll, type Fields } from '../../parts/changing'
import { count } from '../../parts/figures'
import { failed, saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'

type Changes = Schemas['ChangesAnswer']
type Tried = { changes: Schemas['ObjectChangeAnswer'][]; counted: Counted | null }

type Props = {
  routes: Route[]
  /** Whether these are all of a page. */
  isPage: boolean
  filter: string
  found: Page<Route>['count']
  onDone: () => void
}

export default function Several({ routes, isPage, filter, found, onDone }: Props) {
  const [fields, setFields] = useState<Fields>(null)
  const [isAll, setAll] = useState(false)
  const [percent, setPercent] = useState<number | null>(null)
  const providers = useProviders().data ?? []
  const changes = (changed: Fields, query = {}) =>
    request<Changes>('POST', '/v1.0/changes', {
      query,
      body: { changes: routes.map(({ id }) => ({ ...actionOf(changed), kind: 'route', id })) },
    })
  const tried = useMutation({
    mutationFn: async (changed: Fields): Promise<Tried> => {
      const [shown, counted] = await Promise.all([
        changes(changed, { dry_run: true }),
        isAll ? changeAll({ filter }, changed, true, setPercent) : null,
      ])
      return { changes: shown.value.changes ?? [], counted }
    },
    onError: failed,
  })
  const publish = useMutation({
    mutationFn: async (changed: Fields): Promise<Counted> => {
      if (isAll) return changeAll({ filter }, changed, false, setPercent)
      const { revision } = await changes(changed)
      return { matched: routes.length, changed: routes.length, revision }
    },
    onSuccess: done => {
      refresh()
      saved(done.revision, `${count(done.changed)} routes changed`)
      onDone()
    },
  })
  const look = (changed: Fields) => {
    setFields(changed)
    setPercent(null)
    tried.mutate(changed)
  }
  const about = found ? `${found.exact ? '' : 'about '}${count(found.about)}` : ''
  const areMore = isPage && !!found && found.about > routes.length
  const areTooMany = isAll && !!found && found.about > MAX_CHANGES
  return (
    <fieldset className="panel several" aria-label="The selected routes">
      <b className="num">{isAll ? about : routes.length} selected</b>
      {areMore && !isAll && filter && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          Select all {about}
        </Button>
      )}
      {areMore && !filter && <span className="dim">{sentence('all_need_a_filter')}</span>}
      {areTooMany && <span className="bad">{sentence('too_many_routes', { most: count(MAX_CHANGES) })}</span>}
      {!areTooMany && <Edits providers={providers} onChange={look} busy={tried.isPending} />}
      <Button variant="subtle" color="gray" ml="auto" onClick={onDone}>
        Select none
      </Button>
      {tried.isPending && isAll && <Under percent={percent} />}
      <Modal
        opened={!!tried.data}
        onClose={() => tried.reset()}
        title="What would change"
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {tried.data?.counted && (
          <p>
            {sentence('of_all_routes', {
              matched: count(tried.data.counted.matched),
              changed: count(tried.data.counted.changed),
              shown: count(tried.data.changes.length),
            })}
          </p>
        )}
        {tried.data && <Difference changes={tried.data.changes} />}
        <Failure error={publish.error} />
        {publish.isPending && isAll && <Under percent={percent} />}
        <div className="row" style={{ marginTop: 16 }}>
          <Button loading={publish.isPending} onClick={() => publish.mutate(fields)}>
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

const Under = ({ percent }: { percent: number | null }) => (
  <Progress
    flex="1 1 100%"
    my={6}
    value={percent ?? 100}
    striped={percent === null}
    animated={percent === null}
    aria-label={percent === null ? 'Under way' : `${Math.round(percent)} % done`}
  />
)

type EditsProps = {
  providers: { id: string; name: string; hostname: string }[]
  onChange: (fields: Fields) => void
  busy: boolean
}

function Edits({ providers, onChange, busy }: EditsProps) {
  return (
    <>
      <Select
        aria-label="Set the provider"
        placeholder="Set provider"
        w={150}
        searchable
        disabled={busy}
        value={null}
        data={providers.map(one => ({ value: one.id, label: one.name || one.hostname }))}
        onChange={value => value && onChange({ provider_id: value })}
      />
      <NumberInput
        size="xs"
        aria-label="Set the priority"
        placeholder="Set priority"
        w={110}
        hideControls
        allowDecimal={false}
        disabled={busy}
        onKeyDown={event =>
          event.key === 'Enter' &&
          event.currentTarget.value !== '' &&
          onChange({ priority: Number(event.currentTarget.value) })
        }
      />
      <Button variant="default" disabled={busy} onClick={() => onChange({ enabled: true })}>
        Enable
      </Button>
      <Button variant="default" disabled={busy} onClick={() => onChange({ enabled: false })}>
        Disable
      </Button>
      <Button variant="default" color="red" disabled={busy} onClick={() => onChange(null)}>
        Delete
      </Button>
    </>
  )
}
