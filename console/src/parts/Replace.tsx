/** All routes to a provider led to another one, as one revision: how many there are is counted before. */
import { Button, Modal, Progress, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { refresh } from '../api/cache'
import { type Page, type Route, useMay, useNames, usePage, useProviders } from '../api/queries'
import { Failure } from './basics'
import { changeAll } from './changing'
import { count } from './figures'
import { routesWith, term } from './filter'
import { saved } from './saved'
import { sentence } from './sentences'

const SHOWN = 8

/** The first routes to a provider, and how many there are in all. */
export const useRoutesTo = (id: string) =>
  usePage<Route>('/v1.0/routes', { provider_id: id, count: 'estimate', page_size: SHOWN })

export const inAll = (found: Page<unknown>['count']) =>
  found ? `${found.exact ? '' : 'about '}${count(found.about)}` : ''

/** A button that asks which provider is to take the place of this one in its routes. */
export function Replace({ id }: { id: string }) {
  const may = useMay()
  const name = useNames()
  const [isOpen, open] = useState(false)
  if (!may('job.create') || !may('route.update')) return null
  return (
    <>
      <Button variant="default" onClick={() => open(true)}>
        Replace by another
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => open(false)}
        title={sentence('replace', { name: name(id) })}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Replacing id={id} onDone={() => open(false)} />
      </Modal>
    </>
  )
}

function Replacing({ id, onDone }: { id: string; onDone: () => void }) {
  const name = useNames()
  const [other, choose] = useState<string | null>(null)
  const [percent, setPercent] = useState<number | null>(null)
  const routes = useRoutesTo(id).data
  const others = (useProviders().data ?? []).filter(one => one.id !== id)
  const change = useMutation({
    mutationFn: () =>
      changeAll({ provider_id: id }, { action: 'update', fields: { provider_id: other } }, false, setPercent),
    onSuccess: done => {
      refresh()
      saved(done.revision, `${count(done.changed)} routes changed`)
      onDone()
    },
  })
  return (
    <div className="form">
      <p className="said">{sentence('replace_next', { count: inAll(routes?.count) })}</p>
      <RoutesShown id={id} />
      <Select
        label="Instead of it"
        placeholder="Which provider"
        searchable
        data={others.map(one => ({
          value: one.id,
          label: `${one.name || one.hostname}${one.enabled === false ? ' (disabled)' : ''}`,
        }))}
        value={other}
        onChange={choose}
        nothingFoundMessage="Nothing has that name"
      />
      <Failure error={change.error} />
      {change.isPending && (
        <Progress
          value={percent ?? 100}
          striped={percent === null}
          animated={percent === null}
          aria-label={percent === null ? 'Under way' : `${Math.round(percent)} % done`}
        />
      )}
      <div className="row">
        <Button disabled={!other} loading={change.isPending} onClick={() => change.mutate()}>
          {other ? `Replace by ${name(other)}` : 'Replace'}
        </Button>
        <Button variant="default" onClick={onDone}>
          Keep it
        </Button>
      </div>
    </div>
  )
}

/** The first routes to it as chips, and the way to all of them. */
export function RoutesShown({ id }: { id: string }) {
  const name = useNames()
  const routes = useRoutesTo(id).data
  if (!routes?.result.length) return null
  return (
    <div className="row wrap">
      {routes.result.map(route => (
        <span key={route.id} className="chip">
          <span className="mono">{route.target}</span> {name(route.customer_id)}
        </span>
      ))}
      <Link href={routesWith(term('provider', name(id)))}>All {inAll(routes.count)}</Link>
    </div>
  )
}
