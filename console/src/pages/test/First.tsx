/** The reverse question: the targets whose calls would try a provider first, as the engine that decides live calls says. */
import { Chip as Choice } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import type { Schemas } from '../../api/client'
import { useAnswer, useNames } from '../../api/queries'
import { SYSTEM_DEFAULT } from '../../api/tables'
import { Empty, Failure, Head, Panel } from '../../parts/basics'
import { CopyAs, CopyButton } from '../../parts/CopyAs'
import { Numbered } from '../../parts/country'
import { count, percent } from '../../parts/figures'
import { type Column, Grid } from '../../parts/Grid'
import { PAGE_SIZE, Pager, useFilters } from '../../parts/paging'
import { CustomerPicker, ProviderPicker } from '../../parts/pickers'
import { sentence } from '../../parts/sentences'

type Answer = Schemas['FirstTargetsAnswer']
type Target = Answer['result'][number]

const PATH = '/v1.0/providers/{id}/targets'
const FILTERS = ['provider_id', 'customer_id', 'health'] as const
const ALL = 'all'

export default function First({ views }: { views: ReactNode }) {
  const { values, set, token } = useFilters(FILTERS)
  const [, go] = useLocation()
  const { provider_id, health } = values
  const customer_id = values.customer_id || SYSTEM_DEFAULT
  const query = { customer_id, health, page_size: PAGE_SIZE, page_token: token, expand: 'provider' }
  const answer = useAnswer<Answer>(PATH.replace('{id}', provider_id), query, { enabled: !!provider_id })
  const found = provider_id ? answer.data : undefined
  const name = useNames(found?.names)
  const tested = (target: string) =>
    target === ALL ? undefined : `/test?customer_id=${customer_id}&number=${encodeURIComponent(target)}`
  const test = ({ target }: Target) => {
    const to = tested(target)
    if (to) go(to)
  }
  const columns: Column<Target>[] = [
    {
      key: 'target',
      head: 'Target',
      cell: ({ target }) => {
        const to = tested(target)
        return to ? (
          <Link className="name" href={to}>
            <Numbered number={target} />
          </Link>
        ) : (
          <Numbered number={target} />
        )
      },
    },
    { key: 'by', head: 'By a route of', cell: one => name(one.own ? customer_id : SYSTEM_DEFAULT) },
    { key: 'share', head: 'Of its calls', number: true, cell: one => percent(one.share) },
    { key: 'attempts', head: 'Attempts', number: true, cell: one => count(one.attempts) },
    {
      key: 'then',
      head: 'Then',
      cell: ({ then_provider_id: then }) =>
        then ? <Link href={`/providers/${then}`}>{name(then)}</Link> : <span className="bad">nobody</span>,
    },
  ]
  return (
    <>
      <Head title="Test a number">
        {views}
        {provider_id && <CopyAs path={PATH} query={query} id={provider_id} />}
        <CopyButton what={location.href}>Share link</CopyButton>
      </Head>
      <div className="bar">
        <ProviderPicker every="" value={provider_id} onChange={value => set('provider_id', value)} />
        <CustomerPicker
          label="Calls of"
          every=""
          value={customer_id}
          onChange={value => set('customer_id', value === SYSTEM_DEFAULT ? null : value)}
        />
        <Choice size="xs" checked={health === 'ignore'} onChange={checked => set('health', checked ? 'ignore' : null)}>
          everyone is healthy
        </Choice>
      </div>
      <Failure error={answer.error} again={() => answer.refetch()} />
      {provider_id ? (
        <>
          <Panel
            title={sentence('tries_first', { name: name(provider_id) })}
            aside={<span>{sentence('decided_by')}</span>}
            flush
          >
            <Grid
              label={sentence('targets_first')}
              rows={found?.result}
              id={one => one.target}
              busy={answer.isPlaceholderData}
              onOpen={test}
              keys={{ t: test }}
              columns={columns}
              empty={
                <Empty title={found?.next_page_token ? sentence('none_first_yet') : sentence('none_first')}>
                  {sentence('none_first_next', { count: count(found?.examined) })}
                </Empty>
              }
            />
          </Panel>
          <Pager
            page={found}
            goesOn
            of={found && sentence('examined', { found: count(found.result.length), count: count(found.examined) })}
          />
        </>
      ) : (
        <Panel>
          <Empty title={sentence('which_provider')}>{sentence('which_provider_next')}</Empty>
        </Panel>
      )}
    </>
  )
}
