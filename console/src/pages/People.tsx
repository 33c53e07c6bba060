/** Who may sign in here. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { type Agent, useMay, useNames, usePage } from '../api/queries'
import { Chip, Empty, Failure, Head, Panel, When } from '../parts/basics'
import { Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { CustomerPicker } from '../parts/pickers'
import { sentence } from '../parts/sentences'

const Editor = lazy(() => import('../parts/Editor'))

export default function People() {
  const may = useMay()
  const name = useNames()
  const [editing, setEditing] = useState<Agent | 'new' | null>(null)
  const { values, set, token } = useFilters(['customer_id'] as const)
  const people = usePage<Agent>('/v1.0/agents', { ...values, page_size: PAGE_SIZE, page_token: token })
  const mayCreate = may('agent.create')
  const mayEdit = may('agent.update')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="People">{mayCreate && <Button onClick={() => setEditing('new')}>New person</Button>}</Head>
      <div className="bar">
        <CustomerPicker value={values.customer_id} onChange={value => set('customer_id', value)} />
      </div>
      <Failure error={people.error} again={() => people.refetch()} />
      <Panel flush>
        <Grid
          label="People"
          rows={people.data?.result}
          id={person => person.id}
          busy={people.isPlaceholderData}
          onOpen={mayEdit ? setEditing : undefined}
          keys={mayEdit ? { e: setEditing } : {}}
          empty={
            <Empty
              title={sentence('nobody')}
              action={mayCreate && <Button onClick={() => setEditing('new')}>Add the first person</Button>}
            >
              {sentence('nobody_next')}
            </Empty>
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
            { key: 'since', head: 'Since', width: 130, cell: person => <When at={person.tm_create} /> },
          ]}
        />
      </Panel>
      <Pager page={people.data} />
      <Suspense>
        {editing && (
          <Editor
            kind="agent"
            id={editing === 'new' ? null : editing.id}
            initial={{ customer_id: values.customer_id || undefined }}
            onClose={() => setEditing(null)}
          />
        )}
      </Suspense>
    </>
  )
}
