/** The whole chain that a target's numbers get of a customer, in the order in which they are tried. */
import type { Schemas } from '../../api/client'
import { useAnswer } from '../../api/queries'
import { Failure } from '../../parts/basics'

type Decision = Schemas['DialrouteAnswer']
type Props = { customer: string; target: string; name: (id: string) => string; here?: string }

/** `here`: the route that is looked at. */
export function Chain({ customer, target, name, here }: Props) {
  const decision = useAnswer<Decision>('/v1.0/dialroutes', { customer_id: customer, target, explain: true })
  return (
    <ol className="chain">
      <Failure error={decision.error} />
      {decision.data?.candidates?.map(candidate => (
        <li
          key={candidate.route_id}
          className={candidate.position ? '' : 'dim'}
          aria-current={candidate.route_id === here || undefined}
        >
          <span className="num place">{candidate.position ?? '×'}</span>
          <b>{name(candidate.provider_id)}</b>{' '}
          <span className="mono dim">
            {candidate.target} · {candidate.priority}
          </span>
          <span className="dim">{candidate.why.join('; ')}</span>
        </li>
      ))}
    </ol>
  )
}
