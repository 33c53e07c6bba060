/** A provider's health, by all edges and by each. */
import type { Schemas } from '../api/client'
import { type Provider, useAll, useMay } from '../api/queries'
import { Chip, Dot, type Tone } from './basics'

export type Health = Schemas['HealthAnswer']
export type View = Health['edges'][number]

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

/** All providers with each edge's view of them, asked for again every ten seconds. */
export const useSeen = () =>
  useAll<Provider>('/v1.0/providers', { show: 'edges' }, { every: 10, stale: 1, enabled: useMay()('provider.list') })

export const viewTone = (view: View): Tone =>
  view.breaker === 'open' ? 'bad' : view.breaker === 'half_open' ? 'warn' : healthTone(view.status)
export const viewWord = (view: View) =>
  view.breaker === 'closed' ? view.status : `breaker ${view.breaker.replace('_', ' ')}`

export function Edges({ views }: { views: View[] | undefined }) {
  return (
    <span className="row" style={{ gap: 4, flexWrap: 'wrap' }}>
      {views?.map(view => (
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
