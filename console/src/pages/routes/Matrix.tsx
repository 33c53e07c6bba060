/** Targets by providers: the priority at which each carries what. */
import { type Route, useMany, useNames } from '../../api/queries'
import { Empty, Failure, Panel } from '../../parts/basics'
import { Numbered } from '../../parts/country'
import { isUnread } from '../../parts/filter'
import { sentence } from '../../parts/sentences'
import { Part } from './Part'

type Filters = Record<string, string>

export default function Matrix({ filters, onOpen }: { filters: Filters; onOpen?: (route: Route) => void }) {
  const name = useNames()
  const routes = useMany<Route>('/v1.0/routes', filters)
  const data = routes.data?.result ?? []
  const providers = [...new Set(data.map(route => route.provider_id))].sort((a, b) => name(a).localeCompare(name(b)))
  const rows = [...Map.groupBy(data, route => `${route.customer_id} ${route.target}`)].sort(([a], [b]) =>
    a.localeCompare(b),
  )
  if (routes.data?.result.length === 0)
    return (
      <Panel>
        <Empty title={sentence('no_route_fits')} />
      </Panel>
    )
  return (
    <>
      <Part page={routes.data} />
      {!isUnread(routes.error) && <Failure error={routes.error} />}
      <Panel flush>
        <div className="grid-box">
          <table className="grid matrix" aria-label={sentence('matrix')}>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col">Customer</th>
                {providers.map(id => (
                  <th key={id} scope="col" className="n">
                    {name(id)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(([key, group]) => (
                <tr key={key}>
                  <td>
                    <Numbered number={group[0]?.target ?? ''} />
                  </td>
                  <td>{name(group[0]?.customer_id)}</td>
                  {providers.map(id => (
                    <td key={id} className="n">
                      {group
                        .filter(route => route.provider_id === id)
                        .map(route => (
                          <button
                            key={route.id}
                            type="button"
                            className={`cell num ${route.enabled === false ? 'off' : ''}`}
                            disabled={!onOpen}
                            aria-label={`${route.target} at ${name(id)}: priority ${route.priority}`}
                            onClick={() => onOpen?.(route)}
                          >
                            {route.priority}
                          </button>
                        ))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  )
}
