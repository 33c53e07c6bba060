/** Customer, then targets from short to long; an open target shows the whole chain that its numbers get, in order. */
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { type Route, useMany, useNames } from '../../api/queries'
import { Chip, Empty, Failure, Panel } from '../../parts/basics'
import { Numbered } from '../../parts/country'
import { count } from '../../parts/figures'
import { isUnread } from '../../parts/filter'
import { sentence } from '../../parts/sentences'
import { Chain } from './Chain'
import { Part } from './Part'

type Filters = Record<string, string>

export default function Tree({ filters }: { filters: Filters }) {
  const name = useNames()
  const routes = useMany<Route>('/v1.0/routes', filters)
  const customers = Map.groupBy(routes.data?.result ?? [], route => route.customer_id)
  if (routes.data?.result.length === 0)
    return (
      <Panel>
        <Empty title={sentence('no_route_fits')} />
      </Panel>
    )
  return (
    <div className="stack">
      {!isUnread(routes.error) && <Failure error={routes.error} />}
      <Part page={routes.data} />
      {[...customers].map(([customer, own]) => (
        <Panel key={customer} title={name(customer)} aside={<span className="num">{count(own.length)}</span>} flush>
          <ul className="tree">
            {[...Map.groupBy(own, route => route.target)]
              .sort(([a], [b]) => (a === 'all' ? -1 : b === 'all' ? 1 : a.localeCompare(b)))
              .map(([target, group]) => (
                <Target key={target} customer={customer} target={target} routes={group} name={name} />
              ))}
          </ul>
        </Panel>
      ))}
    </div>
  )
}

function Target({
  customer,
  target,
  routes,
  name,
}: {
  customer: string
  target: string
  routes: Route[]
  name: (id: string) => string
}) {
  const [open, setOpen] = useState(false)
  return (
    <li>
      <button
        type="button"
        className="node"
        aria-expanded={open}
        disabled={target === 'all'}
        onClick={() => setOpen(!open)}
      >
        <IconChevronRight size={13} className={target === 'all' ? 'unseen' : open ? 'turned' : ''} aria-hidden="true" />
        <Numbered number={target} />
        {[...routes]
          .sort((a, b) => a.priority - b.priority)
          .map(route => (
            <Chip key={route.id} tone={route.enabled === false ? 'dim' : ''}>
              <span className="dim num">{route.priority}</span> {name(route.provider_id)}
            </Chip>
          ))}
      </button>
      {open && <Chain customer={customer} target={target} name={name} />}
    </li>
  )
}
