/** The whole chain that a target's numbers get of a customer, in the order in which they are tried. */
import { IconGripVertical } from '@tabler/icons-react'
import type { Schemas } from '../../api/client'
import { useAnswer, useMay, useWrite } from '../../api/queries'
import { SYSTEM_DEFAULT } from '../../api/tables'
import { Failure } from '../../parts/basics'
import { failed, saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'
import { type Place, useDrag } from './drag'

/** The reason of a route that is the customer's own. */
const OWN = 'own_route'

type Decision = Schemas['DialrouteAnswer']
type Candidate = Schemas['CandidateAnswer']
type Props = { customer: string; target: string; name: (id: string) => string; here?: string }

/** `here`: the route that is looked at. Routes of just this customer to just this target are moved among each other. */
export function Chain({ customer, target, name, here }: Props) {
  const decision = useAnswer<Decision>('/v1.0/dialroutes', { customer_id: customer, target, explain: true })
  const mayMove = useMay()('route.update')
  const moves = useWrite(answer => saved(answer.revision))
  const move = (id: string, { to, past }: Place) =>
    moves.mutate({ method: 'POST', path: `/v1.0/routes/${id}/move`, body: { to, past } }, { onError: failed })
  const candidates = decision.data?.candidates ?? []
  const isOfTarget = (one: Candidate) =>
    one.target === target && (customer === SYSTEM_DEFAULT || one.reasons.includes(OWN))
  const movable = mayMove ? candidates.filter(isOfTarget).map(one => one.route_id) : []
  const { list, dragged, edge, handle } = useDrag(movable, move)
  return (
    <ol className="chain" ref={list}>
      <Failure error={decision.error} />
      {candidates.map(candidate => (
        <li
          key={candidate.route_id}
          data-route={candidate.route_id}
          data-dragged={candidate.route_id === dragged || undefined}
          data-edge={edge?.id === candidate.route_id ? edge.side : undefined}
          className={candidate.position ? '' : 'dim'}
          aria-current={candidate.route_id === here || undefined}
        >
          {movable.length > 1 && movable.includes(candidate.route_id) ? (
            <button
              type="button"
              className="grip"
              title={sentence('move_by_hand', { name: name(candidate.provider_id) })}
              aria-label={sentence('move_by_hand', { name: name(candidate.provider_id) })}
              {...handle(candidate.route_id)}
            >
              <IconGripVertical size={13} aria-hidden="true" />
            </button>
          ) : (
            movable.length > 1 && <span className="grip" />
          )}
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
