/** The carriers: how each does, as every edge sees it, and one by itself. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import type { Schemas } from '../api/client'
import { type Page, type Provider, useAnswer, useMay, useProviders } from '../api/queries'
import { Chip, Empty, Failure, Head, Panel } from '../parts/basics'
import { count, percent, span } from '../parts/figures'
import { Grid } from '../parts/Grid'
import { Edges, ProviderName, useHealth } from '../parts/health'
import { useKeys } from '../parts/keys'
import { useFilters } from '../parts/paging'
import { Typed } from '../parts/pickers'
import { sentence } from '../parts/sentences'
import { Asr } from '../parts/stats'

const Editor = lazy(() => import('../parts/Editor'))
const OneProvider = lazy(() => import('./providers/OneProvider'))

export type ProviderStats = Schemas['ProviderStats']

export default function Providers() {
  const [, params] = useRoute('/providers/:id')
  return <Suspense>{params?.id ? <OneProvider id={params.id} /> : <List />}</Suspense>
}

const MOST_LOOKED_AT = 50

function List() {
  const may = useMay()
  const [, go] = useLocation()
  const [editing, setEditing] = useState<Provider | 'new' | null>(null)
  const { values, set } = useFilters(['q'] as const)
  const providers = useProviders()
  const stats = useAnswer<Page<ProviderStats>>('/v1.0/stats/providers', {}, { every: 15 })
  const of = new Map(stats.data?.result.map(row => [row.provider_id, row]))
  const text = values.q.toLowerCase()
  const rows = providers.data
    ?.filter(one => `${one.name} ${one.hostname} ${one.detail}`.toLowerCase().includes(text))
    .sort((a, b) => a.name.localeCompare(b.name))
  const health = useHealth(rows?.slice(0, MOST_LOOKED_AT).map(provider => provider.id) ?? [])
  const mayCreate = may('provider.create')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Providers">{mayCreate && <Button onClick={() => setEditing('new')}>New provider</Button>}</Head>
      <div className="bar">
        <Typed first label="Name or host" value={values.q} onChange={value => set('q', value)} />
      </div>
      <Failure error={providers.error ?? stats.error} again={() => providers.refetch()} />
      <Panel flush>
        <Grid
          label="Providers"
          rows={rows}
          id={provider => provider.id}
          onOpen={provider => go(`/providers/${provider.id}`)}
          keys={may('provider.update') ? { e: setEditing } : {}}
          empty={
            text ? (
              <Empty title={sentence('no_provider_named')} />
            ) : (
              <Empty
                title={sentence('no_provider')}
                action={mayCreate && <Button onClick={() => setEditing('new')}>Add the first provider</Button>}
              >
                {sentence('no_provider_next')}
              </Empty>
            )
          }
          columns={[
            {
              key: 'name',
              head: 'Provider',
              cell: provider => (
                <Link className="name" href={`/providers/${provider.id}`}>
                  <ProviderName provider={provider} />
                </Link>
              ),
            },
            {
              key: 'host',
              head: 'Host',
              cell: provider => (
                <>
                  <span className="mono">{provider.hostname}</span>{' '}
                  <span className="dim">{provider.transport ?? 'udp'}</span>
                </>
              ),
            },
            {
              key: 'edges',
              head: 'Health by edge',
              cell: provider =>
                provider.enabled === false ? (
                  <Chip tone="dim">disabled</Chip>
                ) : (
                  <Edges health={health.get(provider.id)} />
                ),
            },
            {
              key: 'attempts',
              head: 'Attempts, 1 h',
              number: true,
              cell: provider => count(of.get(provider.id)?.attempts ?? 0),
            },
            { key: 'asr', head: 'ASR', number: true, cell: provider => <Asr asr={of.get(provider.id)?.asr} /> },
            { key: 'ner', head: 'NER', number: true, wide: true, cell: provider => percent(of.get(provider.id)?.ner) },
            { key: 'pdd', head: 'PDD p50', number: true, cell: provider => span(of.get(provider.id)?.pdd_p50_ms) },
            {
              key: 'channels',
              head: 'Channels',
              number: true,
              cell: provider => (
                <>
                  {count(of.get(provider.id)?.channels ?? 0)}
                  {provider.max_channels ? <span className="dim"> / {count(provider.max_channels)}</span> : ''}
                </>
              ),
            },
            { key: 'cps', head: 'CPS cap', number: true, wide: true, cell: provider => count(provider.max_cps) },
          ]}
        />
      </Panel>
      <Suspense>
        {editing && (
          <Editor
            kind="provider"
            id={editing === 'new' ? null : editing.id}
            initial={{ type: 'sip' }}
            onClose={() => setEditing(null)}
            onSaved={value => editing === 'new' && go(`/providers/${value.id}`)}
          />
        )}
      </Suspense>
    </>
  )
}
