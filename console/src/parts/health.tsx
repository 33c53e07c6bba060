/** A provider's health, by all edges and by each. */
import { useQueries } from '@tanstack/react-query'
import { get, type Schemas } from '../api/client'
import type { Provider } from '../api/queries'
import { Chip, Dot, type Tone } from './basics'

export type Health = Schemas['HealthAnswer']
type View = Health['edges'][number]

const TONES: Record<string, Tone> = { healthy: 'good', unhealthy: 'bad', unknown: 'dim' }

export const healthTone = (status: string): Tone => TONES[status] ?? 'dim'

export const ProviderName = ({ provider }: { provider: Provider }) => (
  <span className="row nowrap">
    <Dot
      tone={provider.enabled === false ? 'dim' : healthTone(provider.health_status)}
      word={provider.enabled === false ? 'disabled' : provider.health_status}
    />
    <span className="cut" title={provider.hostname}>
      {provider.name || provider.hostname}
    </span>
  </span>
)

/** Each provider's health by its id, asked for again every ten seconds. */
export function useHealth(ids: string[]): Map<string, Health> {
  const answers = useQueries({
    queries: ids.map(id => ({
      queryKey: [`/v1.0/providers/${id}/health`],
      queryFn: () => get<Health>(`/v1.0/providers/${id}/health`),
      refetchInterval: 10_000,
    })),
  })
  return new Map(answers.flatMap(({ data }) => (data ? [[data.provider_id, data] as const] : [])))
}

export const viewTone = (view: View): Tone =>
  view.breaker === 'open' ? 'bad' : view.breaker === 'half_open' ? 'warn' : healthTone(view.status)
export const viewWord = (view: View) =>
  view.breaker === 'closed' ? view.status : `breaker ${view.breaker.replace('_', ' ')}`

export function Edges({ health }: { health: Health | undefined }) {
  return (
    <span className="row" style={{ gap: 4, flexWrap: 'wrap' }}>
      {health?.edges.map(view => (
        <Chip
          key={view.edge}
          tone={viewTone(view)}
          title={[view.detail, view.breaker_detail].filter(Boolean).join('; ')}
        >
          {view.edge} {viewWord(view)}
        </Chip>
      ))}
    </span>
  )
}
