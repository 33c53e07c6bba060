/** Who changed what, and the way back. */
import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { Link, useLocation, useRoute, useSearchParams } from 'wouter'
import type { Query, Schemas } from '../api/client'
import { type Page, type Revision, useAnswer, useMay, useNames, usePage } from '../api/queries'
import { BESIDE_CHANGE_S, KIND_WORDS, OPERATION_WORDS, SYSTEM_DEFAULT } from '../api/tables'
import { instant, stamp } from '../api/time'
import { Empty, Failure, Head, Panel, When } from '../parts/basics'
import { CopyAs } from '../parts/CopyAs'
import { calledBy, Difference } from '../parts/changes'
import { Filters } from '../parts/Filter'
import { count, percent, span } from '../parts/figures'
import { isUnread, quoted, withValue } from '../parts/filter'
import { Grid } from '../parts/Grid'
import { Jobs } from '../parts/Jobs'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { undo } from '../parts/saved'
import { sentence } from '../parts/sentences'

export default function Changes() {
  const [, params] = useRoute('/changes/:number')
  const [search] = useSearchParams()
  const other = search.get('to')
  if (!params?.number) return <List />
  return other ? <Compared one={params.number} other={other} /> : <One number={params.number} />
}

const operation = ({ operation }: Revision) =>
  operation in OPERATION_WORDS ? OPERATION_WORDS[operation as keyof typeof OPERATION_WORDS] : operation

/** What the filter's box takes, as fields. */
const FIELDS = [
  { word: 'by', label: 'Person' },
  { word: 'kind', label: 'Kind', words: KIND_WORDS },
  { word: 'did', label: 'What', words: OPERATION_WORDS },
  { word: 'objects', label: 'Objects', like: '>100', isPattern: true },
  { word: 'made', label: 'Made', isTime: true },
] as const

function List() {
  const may = useMay()
  const [, go] = useLocation()
  const { values, set, token, any } = useFilters(['filter', 'object_id', 'actor_id'] as const)
  const asked = {
    ...values,
    page_size: PAGE_SIZE,
    page_token: token,
  }
  const revisions = usePage<Revision>('/v1.0/revisions', asked, { every: token ? undefined : 10 })
  const first = revisions.data?.result[0]
  const author = first?.actor_name || first?.actor_kind
  return (
    <>
      <Head title="Changes">
        <CopyAs path="/v1.0/revisions" query={asked} />
      </Head>
      <Filters
        list="revision"
        fields={FIELDS}
        value={values.filter}
        onChange={value => set('filter', value)}
        error={revisions.error}
      />
      <div className="bar chosen">
        {values.object_id && (
          <Button variant="default" onClick={() => set('object_id', null)}>
            Only <ObjectName id={values.object_id} revision={first?.number} /> ×
          </Button>
        )}
        {values.actor_id && (
          <Button variant="default" onClick={() => set('actor_id', null)}>
            Only {author || 'one author'} ×
          </Button>
        )}
      </div>
      {!isUnread(revisions.error) && <Failure error={revisions.error} again={() => revisions.refetch()} />}
      <Jobs />
      <Panel flush hidden={isUnread(revisions.error)}>
        <Grid
          label="Revisions"
          rows={revisions.data?.result}
          id={revision => String(revision.number)}
          busy={revisions.isPlaceholderData}
          onOpen={revision => go(`/changes/${revision.number}`)}
          empty={
            <Empty title={any ? 'No change fits this' : sentence('no_change')}>{sentence('no_change_next')}</Empty>
          }
          columns={[
            {
              key: 'number',
              head: 'Revision',
              number: true,
              width: 90,
              cell: revision => (
                <Link className="name" href={`/changes/${revision.number}`}>
                  {count(revision.number)}
                </Link>
              ),
            },
            { key: 'when', head: 'When', width: 130, cell: revision => <When at={revision.tm_create} /> },
            {
              key: 'who',
              head: 'Who',
              cell: revision => (
                <>
                  <button
                    type="button"
                    className="edit plain"
                    title="Only theirs"
                    onClick={() =>
                      revision.actor_name
                        ? set('filter', withValue(values.filter, 'by', quoted(revision.actor_name)))
                        : set('actor_id', revision.actor_id)
                    }
                  >
                    {revision.actor_name || revision.actor_kind}
                  </button>{' '}
                  <span className="dim">{revision.source_ip}</span>
                </>
              ),
            },
            { key: 'what', head: 'What', cell: operation },
            {
              key: 'objects',
              head: 'Objects',
              number: true,
              width: 90,
              cell: revision => count(revision.change_count),
            },
            {
              key: 'undo',
              head: '',
              width: 70,
              cell: revision =>
                may('revision.undo') && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    aria-label={`Undo revision ${count(revision.number)}`}
                    onClick={() => undo(revision.number)}
                  >
                    Undo
                  </Button>
                ),
            },
          ]}
        />
      </Panel>
      <Pager page={revisions.data} />
    </>
  )
}

/** What people know an object by, also one that is gone: one of its revisions says it. */
function ObjectName({ id, revision }: { id: string; revision: number | undefined }) {
  const answer = useAnswer<Revision>(
    `/v1.0/revisions/${revision}`,
    { expand: NAMED },
    { enabled: revision !== undefined },
  )
  const name = useNames(answer.data?.names)
  const change = answer.data?.changes?.find(one => one.object_id === id)
  return <>{change ? calledBy(change, name) : 'one object'}</>
}

/** The kinds that changes refer to: their names come with them, since some are of objects that are gone. */
const NAMED = 'provider,customer,trunk'

function One({ number }: { number: string }) {
  const may = useMay()
  const revision = useAnswer<Revision>(`/v1.0/revisions/${number}`, { expand: NAMED })
  const found = revision.data
  useKeys(may('revision.undo') ? { z: () => undo(Number(number)) } : {})
  return (
    <>
      <Head
        title={`Revision ${count(Number(number))}`}
        sub={
          found && (
            <>
              {found.actor_name || found.actor_kind}, <When at={found.tm_create} />, {operation(found)}
            </>
          )
        }
      >
        <CompareWith number={number} />
        {may('revision.undo') && <Button onClick={() => undo(Number(number))}>Undo</Button>}
      </Head>
      <Failure error={revision.error} again={() => revision.refetch()} />
      <div className="stack">
        <Panel flush>
          <div className="grid-box tall">
            {found && <Difference changes={found.changes ?? []} names={found.names} />}
          </div>
        </Panel>
        {found?.next_after !== undefined && (
          <span className="dim">
            {sentence('change_part', { shown: count(found.changes?.length), count: count(found.change_count) })}
          </span>
        )}
        {found && may('stats.list') && <Beside revision={found} />}
        {found && (
          <Panel title="Request">
            <dl className="facts">
              <dt>From</dt>
              <dd className="mono">{found.source_ip || '–'}</dd>
              <dt>Request</dt>
              <dd className="mono">{found.request_id || '–'}</dd>
              <dt>By</dt>
              <dd title={found.actor_id}>
                <Link href={`/changes?actor_id=${found.actor_id}`}>{found.actor_name || found.actor_kind}</Link>{' '}
                <span className="dim">{found.actor_kind}</span>
              </dd>
            </dl>
          </Panel>
        )}
      </div>
    </>
  )
}

/** The number of another revision leads to what differs between the two. */
function CompareWith({ number }: { number: string }) {
  const [, go] = useLocation()
  const compare = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const other = String(new FormData(event.currentTarget).get('other')).trim()
    if (other) go(`/changes/${number}?to=${encodeURIComponent(other)}`)
  }
  return (
    <form className="row" onSubmit={compare}>
      <TextInput name="other" aria-label="Compare with revision" placeholder="Compare with" w={120} />
      <Button type="submit" variant="default">
        Compare
      </Button>
    </form>
  )
}

function Compared({ one, other }: { one: string; other: string }) {
  const answer = useAnswer<Schemas['DifferenceAnswer']>(`/v1.0/revisions/${one}/difference`, {
    to: other,
    expand: NAMED,
  })
  const found = answer.data
  return (
    <>
      <Head
        title="Two revisions compared"
        sub={
          found && (
            <>
              <Link href={`/changes/${found.first}`}>{count(found.first)}</Link> <span aria-hidden="true">→</span>{' '}
              <Link href={`/changes/${found.last}`}>{count(found.last)}</Link>
            </>
          )
        }
      >
        <CompareWith number={one} />
      </Head>
      <Failure error={answer.error} again={() => answer.refetch()} />
      {found && (
        <div className="stack">
          <span className="dim">
            {sentence('compared', { objects: count(found.changes.length), revisions: count(found.revisions) })}{' '}
            {found.contents_deleted && sentence('compared_part')}
          </span>
          <Panel flush>
            {found.changes.length > 0 ? (
              <div className="grid-box">
                <Difference changes={found.changes} names={found.names} />
              </div>
            ) : (
              <Empty title="Nothing differs" />
            )}
          </Panel>
        </div>
      )}
    </>
  )
}

type Figures = Pick<Schemas['ProviderStats'], 'asr' | 'ner' | 'pdd_p95_ms'> & { calls?: number; attempts?: number }
type Measured = 'provider' | 'customer' | 'trunk'
type Touched = { kind: Measured; id: string; name: string }
type Beside = { id: string; name: string; before?: Figures; after?: Figures }

const MINUTE_MS = 60_000
const EVERY_MS = 10_000

/** Figures of the whole minutes of a window: of everything, and of each object of the kinds that a change touched. */
function useFigures(window: Query, kinds: Set<Measured>, enabled: boolean) {
  const live = (kind: Measured) => ({ enabled: enabled && kinds.has(kind), every: 10 })
  const overview = useAnswer<Schemas['StatsOverview']>('/v1.0/stats/overview', window, { enabled, every: 10 })
  const providers = useAnswer<Page<Schemas['ProviderStats']>>('/v1.0/stats/providers', window, live('provider'))
  const customers = useAnswer<Page<Schemas['CustomerStats']>>('/v1.0/stats/customers', window, live('customer'))
  const trunks = useAnswer<Page<Schemas['TrunkStats']>>('/v1.0/stats/trunks', window, live('trunk'))
  const of = new Map<string, Figures>([
    ...(providers.data?.result ?? []).map(one => [one.provider_id, one] as const),
    ...(customers.data?.result ?? []).map(one => [one.customer_id, one] as const),
    ...(trunks.data?.result ?? []).map(one => [one.trunk_id, one] as const),
  ])
  const error = overview.error ?? providers.error ?? customers.error ?? trunks.error
  return { calls: overview.data?.calls, of, error }
}

/** What has figures of its own among what a revision changed, and the carriers and customers of its routes. */
function touchedBy(revision: Revision, name: (id: string) => string): Touched[] {
  const found = (revision.changes ?? []).flatMap(({ kind, object_id, identity }): Touched[] => {
    const { name: own, hostname, provider_id, customer_id } = identity as Record<string, string | undefined>
    if (kind === 'provider' || kind === 'customer' || kind === 'trunk')
      return [{ kind, id: object_id, name: own || hostname || '' }]
    return [
      ...(provider_id ? [{ kind: 'provider' as const, id: provider_id, name: name(provider_id) }] : []),
      ...(customer_id && customer_id !== SYSTEM_DEFAULT
        ? [{ kind: 'customer' as const, id: customer_id, name: name(customer_id) }]
        : []),
    ]
  })
  return [...new Map(found.map(one => [one.id, one])).values()]
}

/** How calls went just before and just after a change. */
function Beside({ revision }: { revision: Revision }) {
  const name = useNames(revision.names)
  const minute = Math.floor((instant(revision.tm_create) ?? 0) / MINUTE_MS) * MINUTE_MS
  const length = BESIDE_CHANGE_S * 1000
  const next = minute + MINUTE_MS
  const until = Math.min(next + length, Math.floor(Date.now() / EVERY_MS) * EVERY_MS)
  const touched = touchedBy(revision, name)
  const kinds = new Set(touched.map(one => one.kind))
  const before = useFigures({ from: stamp(minute - length), to: stamp(minute) }, kinds, true)
  const after = useFigures({ from: stamp(next), to: stamp(until) }, kinds, next < until)
  const rows: Beside[] = [
    { id: '', name: 'All calls', before: before.calls, after: after.calls },
    ...touched.map(({ kind, id, name }) => ({
      id,
      name: `${KIND_WORDS[kind]} ${name}`,
      before: before.of.get(id),
      after: after.of.get(id),
    })),
  ]
  const seized = (figures?: Figures) => count(figures?.attempts ?? figures?.calls)
  const both = (first: string, second: string) => (
    <>
      {first} <span aria-hidden="true">→</span> {second}
    </>
  )
  return (
    <Panel title="Before and after" aside={sentence('beside_change', { minutes: count(BESIDE_CHANGE_S / 60) })} flush>
      <Failure error={before.error ?? after.error} />
      <Grid
        label="Before and after"
        rows={rows}
        id={one => one.id}
        empty={null}
        columns={[
          { key: 'of', head: 'Of', cell: one => one.name },
          {
            key: 'seized',
            head: 'Calls or attempts',
            number: true,
            cell: one => both(seized(one.before), seized(one.after)),
          },
          {
            key: 'asr',
            head: 'ASR',
            number: true,
            cell: one => both(percent(one.before?.asr), percent(one.after?.asr)),
          },
          {
            key: 'ner',
            head: 'NER',
            number: true,
            cell: one => both(percent(one.before?.ner), percent(one.after?.ner)),
          },
          {
            key: 'pdd',
            head: 'PDD p95',
            number: true,
            cell: one => both(span(one.before?.pdd_p95_ms), span(one.after?.pdd_p95_ms)),
          },
        ]}
      />
      <p className="dim under">{sentence('beside_change_next')}</p>
    </Panel>
  )
}
