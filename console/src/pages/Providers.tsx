/** The carriers: how each does, as every edge sees it, and one by itself. */
import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation, useRoute } from 'wouter'
import type { Schemas } from '../api/client'
import { FORMS } from '../api/forms'
import { type Page, type Provider, useAll, useAnswer, useMay, useWrite } from '../api/queries'
import { Chip, Dot, Empty, Failure, Head, Panel } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Filter } from '../parts/Filter'
import { count, NONE, percent, span } from '../parts/figures'
import { isUnread, routesWith, term } from '../parts/filter'
import { type Column, Grid } from '../parts/Grid'
import { ProviderName, viewTone, viewWord } from '../parts/health'
import { useKeys } from '../parts/keys'
import { ObjectForm } from '../parts/ObjectForm'
import { useFilters } from '../parts/paging'
import { saved } from '../parts/saved'
import { sentence } from '../parts/sentences'
import { Asr } from '../parts/stats'

const Editor = lazy(() => import('../parts/Editor'))
const OneProvider = lazy(() => import('./providers/OneProvider'))

export type ProviderStats = Schemas['ProviderStats']

export default function Providers() {
  const [, params] = useRoute('/providers/:id')
  return <Suspense>{params?.id ? <OneProvider id={params.id} /> : <List />}</Suspense>
}

/** Edges that have a column each; of more, dots alone are drawn. */
const MOST_COLUMNS = 5

function List() {
  const may = useMay()
  const [, go] = useLocation()
  const [editing, setEditing] = useState<Provider | 'new' | null>(null)
  const { values, set, any } = useFilters(['filter'] as const)
  const providers = useAll<Provider>('/v1.0/providers', { ...values, show: 'edges,use' }, { every: 10, stale: 1 })
  const stats = useAnswer<Page<ProviderStats>>('/v1.0/stats/providers', {}, { every: 15 })
  const of = new Map(stats.data?.result.map(row => [row.provider_id, row]))
  const rows = providers.data?.toSorted((a, b) => a.name.localeCompare(b.name))
  const edges = [...new Set(providers.data?.flatMap(one => one.edges?.map(view => view.edge) ?? []))].sort()
  const mayCreate = may('provider.create')
  useKeys(mayCreate ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Providers">
        <CopyAs path="/v1.0/providers" query={values} />
        {mayCreate && <Button onClick={() => setEditing('new')}>New provider</Button>}
      </Head>
      <div className="bar">
        <Filter
          list="provider"
          value={values.filter}
          onChange={value => set('filter', value)}
          error={providers.error}
        />
      </div>
      {!isUnread(providers.error) && (
        <Failure error={providers.error ?? stats.error} again={() => providers.refetch()} />
      )}
      <Panel flush hidden={isUnread(providers.error)}>
        <Grid
          label="Providers"
          rows={rows}
          id={provider => provider.id}
          onOpen={provider => go(`/providers/${provider.id}`)}
          keys={may('provider.update') ? { e: setEditing } : {}}
          empty={any ? <Empty title={sentence('no_provider_fits')} /> : <First />}
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
              wide: true,
              cell: provider => (
                <>
                  <span className="mono">{provider.hostname}</span>{' '}
                  <span className="dim">{provider.transport ?? 'udp'}</span>
                </>
              ),
            },
            ...matrix(edges),
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
              key: 'late',
              head: 'Late answers',
              number: true,
              wide: true,
              cell: provider => count(of.get(provider.id)?.late_answers ?? 0),
            },
            {
              key: 'channels',
              head: 'Channels',
              number: true,
              cell: provider => (
                <OfCap used={of.get(provider.id)?.channels ?? 0} cap={provider.max_channels} shown={count} />
              ),
            },
            {
              key: 'cps',
              head: 'CPS',
              number: true,
              cell: provider => (
                <OfCap used={provider.use?.cps} cap={provider.max_cps} shown={value => value.toFixed(1)} />
              ),
            },
            {
              key: 'routes',
              head: 'Routes',
              number: true,
              cell: provider => (
                <Link href={routesWith(term('provider', provider.name || provider.hostname))}>
                  {count(provider.use?.routes.about)}
                  {provider.use?.routes.exact === false && '+'}
                </Link>
              ),
            },
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

type OfCapProps = { used: number | undefined; cap: number | undefined; shown: (value: number) => string }

const OfCap = ({ used, cap, shown }: OfCapProps) => (
  <span className="nowrap">
    {used === undefined ? NONE : shown(used)}
    {cap !== undefined && <span className="dim"> / {count(cap)}</span>}
  </span>
)

/** A dot for each provider at each edge: a column for each edge, or one for all where they are many. */
function matrix(edges: string[]): Column<Provider>[] {
  if (edges.length > MOST_COLUMNS)
    return [
      {
        key: 'edges',
        head: `At ${count(edges.length)} edges`,
        cell: provider =>
          provider.enabled === false ? (
            <Chip tone="dim">disabled</Chip>
          ) : (
            <span className="dots">
              {edges.map(edge => (
                <SeenBy key={edge} provider={provider} edge={edge} isAlone={false} />
              ))}
            </span>
          ),
      },
    ]
  return edges.map(edge => ({
    key: `at ${edge}`,
    head: `At ${edge}`,
    cell: provider => (provider.enabled === false ? null : <SeenBy provider={provider} edge={edge} isAlone />),
  }))
}

/** How one edge finds it; its word stands beside the dot unless all is well. */
function SeenBy({ provider, edge, isAlone }: { provider: Provider; edge: string; isAlone: boolean }) {
  const view = provider.edges?.find(one => one.edge === edge)
  const said = view ? `${edge}: ${viewWord(view)}` : `${edge}: unknown`
  const tone = view ? viewTone(view) : 'dim'
  const isWell = tone === 'good'
  return (
    <span className="row nowrap" title={[said, view?.detail, view?.breaker_detail].filter(Boolean).join('; ')}>
      <Dot tone={tone} word={said} />
      {isAlone && !isWell && <span aria-hidden="true">{view ? viewWord(view) : 'unknown'}</span>}
    </span>
  )
}

const FIRST_FIELDS = ['name', 'hostname', 'transport']

/** The first provider: three fields, and what its page shows of it a moment later. */
function First() {
  const mayCreate = useMay()('provider.create')
  const [, go] = useLocation()
  const write = useWrite<Provider>(({ value, revision }) => {
    saved(revision)
    go(`/providers/${value.id}`)
  })
  const fields = FORMS.provider.create.flatMap(group => group.fields).filter(field => FIRST_FIELDS.includes(field.name))
  return (
    <Empty title={sentence('no_provider')}>
      {sentence('no_provider_next')}
      {mayCreate && (
        <div className="first">
          <ObjectForm
            groups={[{ title: '', fields }]}
            values={{}}
            error={write.error}
            busy={write.isPending}
            save="Add and try it"
            onSave={changed =>
              write.mutate({ method: 'POST', path: FORMS.provider.path, body: { type: 'sip', ...changed } })
            }
          />
          <p className="dim">{sentence('try_provider')}</p>
        </div>
      )}
    </Empty>
  )
}
