/** Who changed what, and the way back. */
import { Button, TextInput } from '@mantine/core'
import { Link, useLocation, useRoute } from 'wouter'
import { type Revision, useAnswer, useMay, useNames, usePage } from '../api/queries'
import { OPERATION_WORDS } from '../api/tables'
import { fromTyped } from '../api/time'
import { Empty, Failure, Head, Panel, When } from '../parts/basics'
import { Difference } from '../parts/changes'
import { count } from '../parts/figures'
import { Grid } from '../parts/Grid'
import { Jobs } from '../parts/Jobs'
import { useKeys } from '../parts/keys'
import { PAGE_SIZE, Pager, useFilters } from '../parts/paging'
import { undo } from '../parts/saved'
import { sentence } from '../parts/sentences'

export default function Changes() {
  const [, params] = useRoute('/changes/:number')
  return params?.number ? <One number={params.number} /> : <List />
}

const operation = ({ operation }: Revision) =>
  operation in OPERATION_WORDS ? OPERATION_WORDS[operation as keyof typeof OPERATION_WORDS] : operation

function List() {
  const may = useMay()
  const [, go] = useLocation()
  const name = useNames()
  const { values, set, token, any } = useFilters(['object_id', 'actor_id', 'since', 'until'] as const)
  const revisions = usePage<Revision>(
    '/v1.0/revisions',
    {
      ...values,
      since: fromTyped(values.since),
      until: fromTyped(values.until),
      page_size: PAGE_SIZE,
      page_token: token,
    },
    { every: token ? undefined : 10 },
  )
  const first = revisions.data?.result[0]
  const author = first?.actor_name || first?.actor_kind
  return (
    <>
      <Head title="Changes" />
      <div className="bar">
        <TextInput
          label="Since"
          type="datetime-local"
          w={190}
          value={values.since}
          data-filter
          onChange={event => set('since', event.currentTarget.value)}
        />
        <TextInput
          label="Before"
          type="datetime-local"
          w={190}
          value={values.until}
          onChange={event => set('until', event.currentTarget.value)}
        />
        {values.object_id && (
          <Button variant="default" onClick={() => set('object_id', null)}>
            Only {name(values.object_id)} ×
          </Button>
        )}
        {values.actor_id && (
          <Button variant="default" onClick={() => set('actor_id', null)}>
            Only {author || 'one author'} ×
          </Button>
        )}
      </div>
      <Failure error={revisions.error} again={() => revisions.refetch()} />
      <Jobs />
      <Panel flush>
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
                    onClick={() => set('actor_id', revision.actor_id)}
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

function One({ number }: { number: string }) {
  const may = useMay()
  const revision = useAnswer<Revision>(`/v1.0/revisions/${number}`)
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
        {may('revision.undo') && <Button onClick={() => undo(Number(number))}>Undo</Button>}
      </Head>
      <Failure error={revision.error} again={() => revision.refetch()} />
      <div className="stack">
        <Panel flush>
          <div className="grid-box">{found && <Difference changes={found.changes ?? []} />}</div>
        </Panel>
        {found?.next_after !== undefined && (
          <span className="dim">
            {sentence('change_part', { shown: count(found.changes?.length), count: count(found.change_count) })}
          </span>
        )}
        {found && (
          <Panel title="Request">
            <dl className="facts">
              <dt>From</dt>
              <dd className="mono">{found.source_ip || '–'}</dd>
              <dt>Request</dt>
              <dd className="mono">{found.request_id || '–'}</dd>
              <dt>By</dt>
              <dd title={found.actor_id}>
                {found.actor_name || found.actor_kind} <span className="dim">{found.actor_kind}</span>
              </dd>
            </dl>
          </Panel>
        )}
      </div>
    </>
  )
}
