/** Access keys: of programs and edges. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { type AccessKey, useMay, useNames, usePage } from '../api/queries'
import { Chip, Empty, Failure, Head, Panel, When } from '../parts/basics'
import { Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { CustomerPicker } from '../parts/pickers'
import { sentence } from '../parts/sentences'

const Editor = lazy(() => import('../parts/Editor'))

export default function Keys() {
  const may = useMay()
  const name = useNames()
  const [editing, setEditing] = useState<AccessKey | 'new' | null>(null)
  const { values, set, token } = useFilters(['customer_id'] as const)
  const keys = usePage<AccessKey>('/v1.0/accesskeys', { ...values, page_size: PAGE_SIZE, page_token: token })
  const mayCreate = may('accesskey.create')
  const mayEdit = may('accesskey.update')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Keys">{mayCreate && <Button onClick={() => setEditing('new')}>New key</Button>}</Head>
      <div className="bar">
        <CustomerPicker value={values.customer_id} onChange={value => set('customer_id', value)} />
      </div>
      <Failure error={keys.error} again={() => keys.refetch()} />
      <Panel flush>
        <Grid
          label="Access keys"
          rows={keys.data?.result}
          id={key => key.id}
          busy={keys.isPlaceholderData}
          onOpen={mayEdit ? setEditing : undefined}
          keys={mayEdit ? { e: setEditing } : {}}
          empty={
            <Empty
              title={sentence('no_key')}
              action={mayCreate && <Button onClick={() => setEditing('new')}>Make the first key</Button>}
            >
              {sentence('no_key_next')}
            </Empty>
          }
          columns={[
            {
              key: 'name',
              head: 'Key',
              cell: key =>
                mayEdit ? (
                  <button type="button" className="edit" onClick={() => setEditing(key)}>
                    {key.name || 'unnamed'}
                  </button>
                ) : (
                  key.name
                ),
            },
            { key: 'prefix', head: 'Begins with', cell: key => <span className="mono">{key.token_prefix}…</span> },
            { key: 'customer', head: 'Customer', cell: key => name(key.customer_id) },
            { key: 'role', head: 'Role', cell: key => <Chip>{key.role.replaceAll('_', ' ')}</Chip> },
            { key: 'edge', head: 'Edge', cell: key => key.edge ?? '' },
            { key: 'detail', head: 'Detail', wide: true, cell: key => <span className="dim">{key.detail}</span> },
            { key: 'expires', head: 'Expires', width: 130, cell: key => <When at={key.tm_expire} /> },
            { key: 'made', head: 'Made', width: 130, cell: key => <When at={key.tm_create} /> },
          ]}
        />
      </Panel>
      <Pager page={keys.data} />
      <Suspense>
        {editing && (
          <Editor
            kind="accesskey"
            id={editing === 'new' ? null : editing.id}
            initial={{ customer_id: values.customer_id || undefined }}
            onClose={() => setEditing(null)}
          />
        )}
      </Suspense>
    </>
  )
}
