/** Who may sign in here. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { type Agent, useMay, useNames, usePage } from '../api/queries'
import { Chip, Empty, Failure, Head, Panel, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Filter, meantBy, useNamed } from '../parts/Filter'
import { count } from '../parts/figures'
import { isUnread } from '../parts/filter'
import { type Column, Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { sentence } from '../parts/sentences'

const Editor = lazy(() => import('../parts/Editor'))
const Sessions = lazy(() => import('./people/Sessions'))

export default function People() {
  const may = useMay()
  const named = useNamed()
  const [editing, setEditing] = useState<Agent | 'new' | null>(null)
  const { values, set, token, any } = useFilters(['filter'] as const)
  const seesSessions = may('agent.sessions')
  const expand = seesSessions ? 'customer,sessions' : 'customer'
  const people = usePage<Agent>(
    '/v1.0/agents',
    { ...values, page_size: PAGE_SIZE, page_token: token, expand },
    { every: 10 },
  )
  const name = useNames(people.data?.names)
  const mayCreate = may('agent.create')
  const mayEdit = may('agent.update')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="People">
        <CopyAs path="/v1.0/agents" query={{ ...values, page_size: PAGE_SIZE, page_token: token }} />
        {mayCreate && <Button onClick={() => setEditing('new')}>New person</Button>}
      </Head>
      <div className="bar">
        <Filter list="agent" value={values.filter} onChange={value => set('filter', value)} error={people.error} />
      </div>
      {!isUnread(people.error) && <Failure error={people.error} again={() => people.refetch()} />}
      <Panel flush hidden={isUnread(people.error)}>
        <Grid
          label="People"
          rows={people.data?.result}
          id={person => person.id}
          busy={people.isPlaceholderData}
          onOpen={mayEdit ? setEditing : undefined}
          keys={mayEdit ? { e: setEditing } : {}}
          empty={
            any ? (
              <Empty title={sentence('nobody_fits')} />
            ) : (
              <Empty
                title={sentence('nobody')}
                action={mayCreate && <Button onClick={() => setEditing('new')}>Add the first person</Button>}
              >
                {sentence('nobody_next')}
              </Empty>
            )
          }
          columns={[
            {
              key: 'user',
              head: 'User name',
              cell: person =>
                mayEdit ? (
                  <button type="button" className="edit" onClick={() => setEditing(person)}>
                    {person.username}
                  </button>
                ) : (
                  person.username
                ),
            },
            { key: 'name', head: 'Name', cell: person => person.name },
            { key: 'customer', head: 'Customer', cell: person => name(person.customer_id) },
            { key: 'role', head: 'Role', cell: person => <Chip>{person.role.replaceAll('_', ' ')}</Chip> },
            { key: 'detail', head: 'Detail', wide: true, cell: person => <span className="dim">{person.detail}</span> },
            ...(seesSessions ? SEEN : []),
            { key: 'since', head: 'Since', width: 120, wide: true, cell: person => <When at={person.tm_create} /> },
          ]}
        />
      </Panel>
      <Pager page={people.data} />
      <Suspense>
        {editing && (
          <Editor
            kind="agent"
            id={editing === 'new' ? null : editing.id}
            initial={{ customer_id: meantBy(values.filter, 'customer', named) }}
            onClose={() => setEditing(null)}
            about={editing !== 'new' && seesSessions && <Sessions person={editing} />}
          />
        )}
      </Suspense>
    </>
  )
}

const SEEN: Column<Agent>[] = [
  { key: 'login', head: 'Last login', width: 120, cell: person => <When at={person.tm_login} relative /> },
  { key: 'sessions', head: 'Sessions', number: true, width: 90, cell: person => count(person.sessions) },
]
