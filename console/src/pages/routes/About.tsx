/** What there is to know of a route beside its fields: the chain that it stands in, the calls that it carried, its changes. */
import { Link } from 'wouter'
import { type Call, type Revision, type Route, useMay, useNames, usePage } from '../../api/queries'
import { MAX_PAGE_SIZE, OPERATION_WORDS } from '../../api/tables'
import { Failure, Panel, When } from '../../parts/basics'
import { Attempts } from '../../parts/calls'
import { count } from '../../parts/figures'
import { sentence } from '../../parts/sentences'
import { Chain } from './Chain'

const ALL = 'all'
const SHOWN = 5

export default function About({ route }: { route: Route }) {
  const may = useMay()
  const name = useNames()
  return (
    <div className="stack about">
      {route.target !== ALL && (
        <Panel title="Chain here" flush>
          <Chain customer={route.customer_id} target={route.target} name={name} here={route.id} />
        </Panel>
      )}
      {may('call.list') && <Calls route={route} />}
      {may('revision.list') && <Revisions id={route.id} />}
    </div>
  )
}

function Calls({ route }: { route: Route }) {
  const calls = usePage<Call>('/v1.0/calls', {
    provider_id: route.provider_id,
    page_size: MAX_PAGE_SIZE,
    expand: 'provider',
  })
  const name = useNames(calls.data?.names)
  const used = calls.data?.result.filter(call => call.attempts.some(attempt => attempt.route_id === route.id))
  return (
    <Panel title="Last calls by it" aside={used && <span className="num">{count(used.length)}</span>}>
      <Failure error={calls.error} />
      <ul className="brief">
        {used?.slice(0, SHOWN).map(call => (
          <li key={call.id}>
            <Link href={`/calls/${call.id}`}>
              <When at={call.tm_start} />
            </Link>
            <span className="mono">{call.number || call.dialled}</span>
            <Attempts call={call} name={name} most={2} />
          </li>
        ))}
      </ul>
      <p className="dim">{sentence('calls_by_route', { count: count(calls.data?.result.length) })}</p>
    </Panel>
  )
}

function Revisions({ id }: { id: string }) {
  const revisions = usePage<Revision>('/v1.0/revisions', { object_id: id, page_size: SHOWN })
  const words: Record<string, string> = OPERATION_WORDS
  return (
    <Panel title="Its changes" aside={<Link href={`/changes?object_id=${id}`}>all</Link>}>
      <Failure error={revisions.error} />
      <ul className="brief">
        {revisions.data?.result.map(revision => (
          <li key={revision.number}>
            <Link href={`/changes/${revision.number}`}>
              <When at={revision.tm_create} />
            </Link>
            <span>{words[revision.operation] ?? revision.operation}</span>
            <span className="dim">{revision.actor_name || revision.actor_kind}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
