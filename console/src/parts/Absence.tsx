/** What would become of the last day's calls without this provider, by their own stored decisions. */
import { Link } from 'wouter'
import type { Schemas } from '../api/client'
import { useAnswer, useNames } from '../api/queries'
import { Failure } from './basics'
import { count } from './figures'

type AbsenceAnswer = Schemas['AbsenceAnswer']

export function Absence({ id }: { id: string }) {
  const absence = useAnswer<AbsenceAnswer>(
    `/v1.0/providers/${id}/absence`,
    { expand: 'provider,customer' },
    { stale: 30 },
  )
  const name = useNames(absence.data?.names)
  const found = absence.data
  if (!found) return <Failure error={absence.error} again={() => absence.refetch()} />
  return (
    <>
      <p className={`said ${found.stranded ? 'bad' : ''}`}>{found.summary}</p>
      {found.calls > 0 && (
        <div className="row wrap">
          {found.next.map(one => (
            <Link key={one.provider_id} className="chip" href={`/providers/${one.provider_id}`}>
              {name(one.provider_id)} <span className="num">+{count(one.calls)}</span>
            </Link>
          ))}
        </div>
      )}
      {found.stranded_targets.length > 0 && (
        <p className="dim">
          {found.stranded_targets.map(one => (
            <span key={one.target + one.customer_id} className="chip bad" style={{ marginRight: 6 }}>
              <span className="mono">{one.target}</span> {name(one.customer_id)}{' '}
              <span className="num">{count(one.calls)}</span>
            </span>
          ))}
        </p>
      )}
    </>
  )
}
