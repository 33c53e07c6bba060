/** The routes: as a table that is edited in place, as a tree of who gets what, as a matrix of who carries what. */
import { Button, SegmentedControl, Select } from '@mantine/core'
import { lazy, Suspense, useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { Link, useLocation, useSearchParams } from 'wouter'
import { address } from '../api/client'
import { type Page, type Provider, type Route, useMay, useNames, usePage, useProviders, useWrite } from '../api/queries'
import { ROUTE_ORDERS } from '../api/tables'
import { Chip, Empty, Failure, Head, Panel, type Tone, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { Numbered } from '../parts/country'
import { Filter, meantBy, useNamed, valuesOf } from '../parts/Filter'
import { count as number } from '../parts/figures'
import { isUnread } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { ProviderName } from '../parts/health'
import { InPlace } from '../parts/InPlace'
import { useKeys } from '../parts/keys'
import { label } from '../parts/labels'
import { useOthers } from '../parts/others'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { failed, saved } from '../parts/saved'
import { sentence } from '../parts/sentences'
import { type Choice, useColumns, View } from '../parts/View'

const Editor = lazy(() => import('../parts/Editor'))
const About = lazy(() => import('./routes/About'))
const Several = lazy(() => import('./routes/Several'))
const Paste = lazy(() => import('./routes/Paste'))
const Tree = lazy(() => import('./routes/Tree'))
const Matrix = lazy(() => import('./routes/Matrix'))

const FILTERS = ['filter', 'sort'] as const
const ORDERS = ROUTE_ORDERS.map(value => ({
  value,
  label: label(value.replace('-', '')) + (value.startsWith('-') ? ' ↓' : ' ↑'),
}))
const VIEWS = [
  { value: 'table', label: 'Table' },
  { value: 'tree', label: 'Tree' },
  { value: 'matrix', label: 'Matrix' },
]

export default function Routes() {
  const may = useMay()
  const [params, setParams] = useSearchParams()
  const filters = useFilters(FILTERS)
  const [editing, setEditing] = useState<Route | 'new' | null>(null)
  const [pasting, paste] = useState<string | null>(null)
  const mayPaste = may('changes.apply')
  usePasted(mayPaste ? paste : undefined)
  const [slot, setSlot] = useState<HTMLElement | null>(null)
  const view = params.get('view') ?? 'table'
  const mayEdit = may('route.update')
  const named = useNamed()
  // counted apart: of a million routes that takes longer than to list a page of them
  const counted = usePage<Route>('/v1.0/routes', { ...filters.values, page_size: 1, count: 'estimate' })
  useKeys(may('route.create') ? { n: () => setEditing('new') } : {})
  return (
    <>
      <Head title="Routes">
        <SegmentedControl
          size="xs"
          aria-label="View"
          data={VIEWS}
          value={view}
          onChange={value =>
            setParams(now => {
              const next = new URLSearchParams(now)
              next.set('view', value)
              next.delete('page_token')
              return next
            })
          }
        />
        <CopyAs path="/v1.0/routes" query={{ ...filters.values, page_size: PAGE_SIZE, page_token: filters.token }} />
        {may('export.read') && (
          <Button
            variant="default"
            component="a"
            href={address('/v1.0/export', { kind: 'route', filter: filters.values.filter })}
            download="routes.ndjson"
          >
            Export
          </Button>
        )}
        {mayPaste && (
          <Button variant="default" onClick={() => paste('')}>
            Paste rows
          </Button>
        )}
        {may('route.create') && <Button onClick={() => setEditing('new')}>New route</Button>}
      </Head>
      <div className="bar">
        <Filter
          list="route"
          value={filters.values.filter}
          onChange={value => filters.set('filter', value)}
          error={counted.error}
        />
        <Select
          label="Order"
          placeholder="Newest"
          w={130}
          clearable
          data={ORDERS}
          value={filters.values.sort || null}
          onChange={value => filters.set('sort', value)}
        />
        <div ref={setSlot} className="beside" />
      </div>
      <Suspense>
        {view === 'tree' ? (
          <Tree filters={{ ...filters.values, page_token: filters.token }} />
        ) : view === 'matrix' ? (
          <Matrix
            filters={{ ...filters.values, page_token: filters.token }}
            onOpen={mayEdit ? setEditing : undefined}
          />
        ) : (
          <Table
            filters={filters}
            count={counted.data?.count}
            slot={slot}
            onEdit={mayEdit ? setEditing : undefined}
            onNew={may('route.create') ? () => setEditing('new') : undefined}
          />
        )}
        {pasting !== null && <Paste text={pasting} onClose={() => paste(null)} />}
        {editing && (
          <Editor
            kind="route"
            id={editing === 'new' ? null : editing.id}
            initial={{ ...fieldsOf(filters.values.filter, named), priority: 1 }}
            onClose={() => setEditing(null)}
            about={editing !== 'new' && <About route={editing} />}
          />
        )}
      </Suspense>
    </>
  )
}

/** Rows that are pasted where nobody types. */
function usePasted(onPaste?: (text: string) => void) {
  useEffect(() => {
    const take = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (!onPaste || !/[\t\n]/.test(text) || (event.target as Element).closest?.('input,textarea,[role=dialog]'))
        return
      event.preventDefault()
      onPaste(text)
    }
    window.addEventListener('paste', take)
    return () => window.removeEventListener('paste', take)
  }, [onPaste])
}

/** What a new route has of the filter: its customer, its provider and its target, where each of them is one. */
function fieldsOf(filter: string, named: ReturnType<typeof useNamed>) {
  const value = valuesOf(filter)
  const id = (kind: string) => meantBy(filter, kind, named)
  const target = [value.target, value['']].find(text => text && /^(\+\d+|all)$/.test(text))
  return { customer_id: id('customer'), provider_id: id('provider'), target }
}

type TableProps = {
  count: Page<Route>['count']
  /** Where the choice of columns stands. */
  slot: HTMLElement | null
  filters: ReturnType<typeof useFilters<(typeof FILTERS)[number]>>
  onEdit?: (route: Route) => void
  onNew?: () => void
}

function Table({ filters, count, slot, onEdit, onNew }: TableProps) {
  const may = useMay()
  const [, go] = useLocation()
  const [chosen, setChosen] = useState(new Set<string>())
  const providers = new Map(useProviders().data?.map(provider => [provider.id, provider]))
  const routes = usePage<Route>('/v1.0/routes', {
    ...filters.values,
    page_size: PAGE_SIZE,
    page_token: filters.token,
    expand: 'provider,customer,state',
  })
  const moves = useWrite(answer => saved(answer.revision))
  const name = useNames(routes.data?.names)
  const { rows, changed, waiting, hands } = useOthers({
    rows: routes.data?.result,
    id: route => route.id,
    at: routes.dataUpdatedAt,
    of: JSON.stringify([filters.values, filters.token]),
    isPaused: chosen.size > 0,
  })
  const test = (route: Route) =>
    go(
      `/test?customer_id=${route.customer_id}&number=${encodeURIComponent(route.target === 'all' ? '' : route.target)}`,
    )
  const columns: Choice<Route>[] = [
    { key: 'target', head: 'Target', cell: route => <Numbered number={route.target} /> },
    { key: 'customer', head: 'Customer', cell: route => name(route.customer_id) },
    {
      key: 'provider',
      head: 'Provider',
      cell: route => <Carrier id={route.provider_id} providers={providers} name={name} />,
    },
    {
      key: 'priority',
      head: 'Priority',
      number: true,
      width: 90,
      cell: route => (
        <InPlace
          path={`/v1.0/routes/${route.id}`}
          field="priority"
          label={`Priority of ${route.target}`}
          value={route.priority}
          enabled={!!onEdit}
        />
      ),
    },
    {
      key: 'weight',
      head: 'Weight',
      number: true,
      width: 90,
      cell: route => (
        <InPlace
          path={`/v1.0/routes/${route.id}`}
          field="weight"
          label={`Weight of ${route.target}`}
          value={route.weight ?? null}
          enabled={!!onEdit}
        />
      ),
    },
    { key: 'state', head: 'State', width: 110, cell: route => <State {...route} /> },
    { key: 'name', head: 'Name', wide: true, cell: route => <span className="dim">{route.name}</span> },
    {
      key: 'changed',
      head: 'Changed',
      width: 130,
      cell: route => <When at={route.tm_update.startsWith('9999') ? route.tm_create : route.tm_update} />,
    },
    { key: 'detail', head: 'Detail', isExtra: true, cell: route => <span className="dim">{route.detail}</span> },
    { key: 'from', head: 'Valid from', isExtra: true, cell: route => <When at={route.valid_from} /> },
    { key: 'until', head: 'Valid until', isExtra: true, cell: route => <When at={route.valid_until} /> },
    { key: 'created', head: 'Created', isExtra: true, cell: route => <When at={route.tm_create} /> },
  ]
  const { shown, choose } = useColumns('routes', columns)
  if (isUnread(routes.error)) return null
  return (
    <>
      <Failure error={routes.error} again={() => routes.refetch()} />
      {chosen.size > 0 && may('changes.apply') && (
        <Suspense>
          <Several
            ids={[...chosen]}
            here={rows?.length ?? 0}
            isPage={!!rows?.every(route => chosen.has(route.id))}
            filter={filters.values.filter}
            found={count}
            onDone={() => setChosen(new Set())}
          />
        </Suspense>
      )}
      {slot && createPortal(<View list="routes" all={columns} shown={shown} choose={choose} />, slot)}
      {chosen.size > 0 && (
        <p className="row paused">
          <Chip tone={waiting > 0 ? 'warn' : 'dim'}>{sentence('list_paused')}</Chip>
          {waiting > 0 && <span className="dim">{sentence('list_waits', { count: number(waiting) })}</span>}
        </p>
      )}
      <div role="status" className="visually-hidden">
        {changed.length > 0 && sentence('others_changed', { count: number(changed.length) })}
      </div>
      <div {...hands}>
        <Panel flush>
          <Grid
            label="Routes"
            rows={rows}
            id={route => route.id}
            busy={routes.isPlaceholderData}
            changed={changed}
            onOpen={onEdit}
            onMove={
              onEdit &&
              ((route, isUp) =>
                moves.mutate(
                  { method: 'POST', path: `/v1.0/routes/${route.id}/move`, body: { to: isUp ? 'earlier' : 'later' } },
                  { onError: failed },
                ))
            }
            keys={{ t: test, ...(onEdit ? { e: onEdit } : {}) }}
            chosen={chosen}
            onChoose={may('changes.apply') ? setChosen : undefined}
            empty={
              filters.any ? (
                <Empty title={sentence('no_route_fits')} />
              ) : (
                <Empty
                  title={sentence('no_route')}
                  action={onNew && <Button onClick={onNew}>Make the first route</Button>}
                >
                  {sentence('no_route_next')}
                </Empty>
              )
            }
            columns={shown}
          />
        </Panel>
      </div>
      <Pager page={routes.data && { ...routes.data, count }} />
    </>
  )
}

export function Carrier({
  id,
  providers,
  name,
}: {
  id: string
  providers: Map<string, Provider>
  name: (id: string) => string
}) {
  const provider = providers.get(id)
  return provider ? (
    <Link className="name" href={`/providers/${id}`}>
      <ProviderName provider={provider} />
    </Link>
  ) : (
    <span title={id}>{name(id)}</span>
  )
}

const TONES: Record<NonNullable<Route['state']>, Tone> = {
  live: 'good',
  disabled: 'dim',
  not_yet: 'dim',
  expired: 'warn',
}

const State = ({ state = 'live' }: Route) => <Chip tone={TONES[state]}>{state.replace('_', ' ')}</Chip>
