/** Several routes changed at once, the ticked ones or all that the filter means: what would change is shown first, then it
 *  is one revision. */
import { Button, Modal, NumberInput, Progress, Select, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { refresh } from '../../api/cache'
import { address } from '../../api/client'
import { type Page, type Route, useCustomers, useProviders } from '../../api/queries'
import { MAX_CHANGES, MOST_TICKED } from '../../api/tables'
import { fromTyped } from '../../api/time'
import { Failure } from '../../parts/basics'
import { Difference } from '../../parts/changes'
import { type Becoming, type Counted, changeAll } from '../../parts/changing'
import { count } from '../../parts/figures'
import { failed, saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'

type Props = {
  ids: string[]
  /** How many of them this page has, and whether these are all of it. */
  here: number
  isPage: boolean
  filter: string
  found: Page<Route>['count']
  onDone: () => void
}

export default function Several({ ids, here, isPage, filter, found, onDone }: Props) {
  const [isAll, setAll] = useState(false)
  const [percent, setPercent] = useState<number | null>(null)
  const meant: Record<string, string> = isAll ? { filter } : { id: ids.join(',') }
  const tried = useMutation({
    mutationFn: (becoming: Becoming) => changeAll(meant, becoming, true, setPercent),
    onMutate: () => setPercent(null),
    onError: failed,
  })
  const about = found ? `${found.exact ? '' : 'about '}${count(found.about)}` : ''
  const areMore = isPage && !!found && found.about > here
  const areTooMany = isAll && !!found && found.about > MAX_CHANGES
  const areTooManyTicked = !isAll && ids.length > MOST_TICKED
  return (
    <fieldset className="panel several" aria-label="The selected routes">
      <b className="num">{isAll ? about : ids.length} selected</b>
      {areMore && !isAll && filter && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          Select all {about}
        </Button>
      )}
      {areMore && !filter && <span className="dim">{sentence('all_need_a_filter')}</span>}
      {areTooMany && <span className="bad">{sentence('too_many_routes', { most: count(MAX_CHANGES) })}</span>}
      {areTooManyTicked && <span className="bad">{sentence('too_many_ticked', { most: count(MOST_TICKED) })}</span>}
      {!areTooMany && !areTooManyTicked && <Edits onChange={tried.mutate} busy={tried.isPending} />}
      {!areTooManyTicked && (
        <Button variant="default" component="a" href={address('/v1.0/sheet', meant)} download="routes.csv">
          Export as CSV
        </Button>
      )}
      <Button variant="subtle" color="gray" ml="auto" onClick={onDone}>
        Select none
      </Button>
      {tried.isPending && isAll && <Under percent={percent} />}
      {tried.data && (
        <Preview meant={meant} becoming={tried.variables} tried={tried.data} onClose={tried.reset} onDone={onDone} />
      )}
    </fieldset>
  )
}

type PreviewProps = {
  meant: Record<string, string>
  becoming: Becoming
  tried: Counted
  onClose: () => void
  onDone: () => void
}

function Preview({ meant, becoming, tried, onClose, onDone }: PreviewProps) {
  const [percent, setPercent] = useState<number | null>(null)
  const { matched, changed, changes = [] } = tried
  const publish = useMutation({
    mutationFn: () => changeAll(meant, becoming, false, setPercent),
    onSuccess: done => {
      refresh()
      saved(done.revision, `${count(done.changed)} routes changed`)
      onDone()
    },
  })
  return (
    <Modal opened onClose={onClose} title="What would change" size="xl" closeButtonProps={{ 'aria-label': 'Close' }}>
      {(changed < matched || changes.length < changed) && (
        <p>{sentence('of_all_routes', { matched: count(matched), changed: count(changed) })}</p>
      )}
      {becoming.action === 'move' && changed > 0 && <p>{sentence('move_next')}</p>}
      {changed > 0 ? <Difference changes={changes} /> : <p>{sentence('none_changes')}</p>}
      <Failure error={publish.error} />
      {publish.isPending && <Under percent={percent} />}
      <div className="row" style={{ marginTop: 16 }}>
        <Button loading={publish.isPending} disabled={changed === 0} onClick={() => publish.mutate()}>
          Publish as one revision
        </Button>
        <Button variant="default" onClick={onClose}>
          Back
        </Button>
      </div>
    </Modal>
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

type Named = { id: string; name: string; hostname?: string }
const choices = (objects: Named[] | undefined) =>
  (objects ?? []).map(one => ({ value: one.id, label: one.name || one.hostname || one.id }))

/** What is typed or chosen, as what becomes of the routes; null while that is nothing yet. */
const BECOMING: Record<string, (value: string) => Becoming | null> = {
  provider: value => (value ? { action: 'update', fields: { provider_id: value } } : null),
  priority: value => (value ? { action: 'update', fields: { priority: Number(value) } } : null),
  shift: value => (Number(value) ? { action: 'shift', by: Number(value) } : null),
  until: value => ({ action: 'update', fields: { valid_until: fromTyped(value) } }),
  customer: value => (value ? { action: 'move', customer_id: value } : null),
}
const EDITS = [
  { value: 'provider', label: 'Set the provider' },
  { value: 'priority', label: 'Set the priority' },
  { value: 'shift', label: 'Shift the priority' },
  { value: 'until', label: 'Valid until' },
  { value: 'customer', label: 'Move to another customer' },
]

function Edits({ onChange, busy }: { onChange: (becoming: Becoming) => void; busy: boolean }) {
  const [what, setWhat] = useState<string | null>(null)
  const [value, setValue] = useState('')
  const becoming = what ? BECOMING[what]?.(value) : null
  const look = (event: FormEvent) => {
    event.preventDefault()
    if (becoming && !busy) onChange(becoming)
  }
  return (
    <>
      <form className="row wrap" onSubmit={look}>
        <Select
          aria-label="What to change"
          placeholder="Change"
          w={190}
          clearable
          clearButtonProps={{ 'aria-label': 'Change nothing' }}
          data={EDITS}
          value={what}
          onChange={next => {
            setWhat(next)
            setValue('')
          }}
        />
        {what && <Value what={what} value={value} onChange={setValue} />}
        {what && (
          <Button type="submit" disabled={!becoming} loading={busy}>
            Preview
          </Button>
        )}
      </form>
      <Button
        variant="default"
        disabled={busy}
        onClick={() => onChange({ action: 'update', fields: { enabled: true } })}
      >
        Enable
      </Button>
      <Button
        variant="default"
        disabled={busy}
        onClick={() => onChange({ action: 'update', fields: { enabled: false } })}
      >
        Disable
      </Button>
      <Button variant="default" color="red" disabled={busy} onClick={() => onChange({ action: 'delete' })}>
        Delete
      </Button>
    </>
  )
}

type ValueProps = { what: string; value: string; onChange: (value: string) => void }

function Value({ what, value, onChange }: ValueProps): ReactNode {
  const providers = useProviders().data
  const customers = useCustomers().data
  if (what === 'until')
    return (
      <TextInput
        type="datetime-local"
        aria-label="The end of validity"
        title={sentence('empty_for_ever')}
        value={value}
        onChange={event => onChange(event.currentTarget.value)}
      />
    )
  if (what === 'priority' || what === 'shift')
    return (
      <NumberInput
        size="xs"
        aria-label={what === 'shift' ? 'By how much' : 'The new priority'}
        placeholder={what === 'shift' ? '+1 or -1' : undefined}
        w={100}
        hideControls
        allowDecimal={false}
        allowNegative={what === 'shift'}
        value={value}
        onChange={next => onChange(String(next))}
      />
    )
  return (
    <Select
      aria-label={what === 'provider' ? 'The new provider' : 'The other customer'}
      placeholder={what === 'provider' ? 'Which provider' : 'Which customer'}
      w={180}
      searchable
      value={value || null}
      onChange={next => onChange(next ?? '')}
      data={choices(what === 'provider' ? providers : customers)}
      nothingFoundMessage="Nothing has that name"
    />
  )
}
