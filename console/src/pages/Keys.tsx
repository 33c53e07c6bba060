/** Access keys: of programs and edges. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { type AccessKey, useMay, useNames, usePage } from '../api/queries'
import { EXPIRING_DAYS } from '../api/tables'
import { Chip, Empty, Failure, Head, Panel, type Tone, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Filter, meantBy, useNamed } from '../parts/Filter'
import { count } from '../parts/figures'
import { filtered, isUnread } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { sentence } from '../parts/sentences'

const Editor = lazy(() => import('../parts/Editor'))

export default function Keys() {
  const may = useMay()
  const named = useNamed()
  const [editing, setEditing] = useState<AccessKey | 'new' | null>(null)
  const { values, set, token, any } = useFilters(['filter'] as const)
  const keys = usePage<AccessKey>(
    '/v1.0/accesskeys',
    { ...values, page_size: PAGE_SIZE, page_token: token, expand: 'customer,state,used' },
    { every: 10 },
  )
  const name = useNames(keys.data?.names)
  const expiring = keys.data?.result.filter(key => key.state === 'expiring').length ?? 0
  const gaps = { count: count(expiring), days: EXPIRING_DAYS }
  const mayCreate = may('accesskey.create')
  const mayEdit = may('accesskey.update')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Keys">
        <CopyAs path="/v1.0/accesskeys" query={{ ...values, page_size: PAGE_SIZE, page_token: token }} />
        {mayCreate && <Button onClick={() => setEditing('new')}>New key</Button>}
      </Head>
      <div className="bar">
        <Filter list="accesskey" value={values.filter} onChange={value => set('filter', value)} error={keys.error} />
      </div>
      {expiring > 0 && (
        <p className="notice">
          <Link href={filtered('/keys', 'is:expiring')}>
            {expiring === 1 ? sentence('key_expires', gaps) : sentence('keys_expire', gaps)}
          </Link>
          . {sentence('keys_expire_next')}
        </p>
      )}
      {!isUnread(keys.error) && <Failure error={keys.error} again={() => keys.refetch()} />}
      <Panel flush hidden={isUnread(keys.error)}>
        <Grid
          label="Access keys"
          rows={keys.data?.result}
          id={key => key.id}
          busy={keys.isPlaceholderData}
          onOpen={mayEdit ? setEditing : undefined}
          keys={mayEdit ? { e: setEditing } : {}}
          empty={
            any ? (
              <Empty title={sentence('no_key_fits')} />
            ) : (
              <Empty
                title={sentence('no_key')}
                action={mayCreate && <Button onClick={() => setEditing('new')}>Make the first key</Button>}
              >
                {sentence('no_key_next')}
              </Empty>
            )
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
            {
              key: 'used',
              head: 'Last used',
              width: 110,
              cell: key => (
                <span title={key.used_from && sentence('used_from', { address: key.used_from })}>
                  <When at={key.tm_used} relative />
                </span>
              ),
            },
            { key: 'expires', head: 'Expires', width: 150, cell: key => <Ends accesskey={key} /> },
            { key: 'made', head: 'Made', width: 120, wide: true, cell: key => <When at={key.tm_create} /> },
          ]}
        />
      </Panel>
      <Pager page={keys.data} />
      <Suspense>
        {editing && (
          <Editor
            kind="accesskey"
            id={editing === 'new' ? null : editing.id}
            initial={{ customer_id: meantBy(values.filter, 'customer', named) }}
            onClose={() => setEditing(null)}
          />
        )}
      </Suspense>
    </>
  )
}

const TONES: Record<string, Tone> = { expiring: 'warn', expired: 'bad' }

/** When a key ends, and that it soon does. */
const Ends = ({ accesskey: { tm_expire, state = 'live' } }: { accesskey: AccessKey }) => (
  <span className="row nowrap">
    <When at={tm_expire} relative={state === 'expiring'} />
    {state !== 'live' && <Chip tone={TONES[state]}>{state}</Chip>}
  </span>
)
