/** How many channels of a provider were in use over time, beside its cap. */
import { Suspense } from 'react'
import { type Page, type Provider, useAnswer } from '../../api/queries'
import { instant } from '../../api/time'
import { Empty, Failure, Panel } from '../../parts/basics'
import { Chart } from '../../parts/charts'
import { count } from '../../parts/figures'
import { sentence } from '../../parts/sentences'
import { useWindow, WindowChoice } from '../../parts/window'
import { SERIES } from '../../theme'
import type { ProviderStats } from '../Providers'

type Stats = Page<ProviderStats> & { from: string; step: number }

const HEIGHT = 170

export function Channels({ provider }: { provider: Provider }) {
  const { asked, select } = useWindow()
  const query = { provider_id: provider.id, page_size: 1, ...asked }
  const stats = useAnswer<Stats>('/v1.0/stats/providers', query, { every: 10 })
  const steps = stats.data?.result[0]?.steps
  const step = stats.data?.step ?? asked.step
  const begin = (instant(stats.data?.from) ?? 0) / 1000
  const times = steps ? steps.in_use.map((_, i) => begin + i * step) : []
  const cap = provider.max_channels
  return (
    <Panel title={sentence('channels_over_time')} aside={<WindowChoice />}>
      <Failure error={stats.error} />
      {stats.data && !steps && <Empty title={sentence('no_channel')} />}
      {steps && (
        <Suspense fallback={<div style={{ height: HEIGHT }} />}>
          <Chart
            label={sentence('channels_over_time')}
            times={times}
            shown={count}
            height={HEIGHT}
            onSelect={select}
            series={[
              { label: 'Average', color: SERIES[0] ?? '', values: steps.in_use },
              { label: 'Busiest minute', color: SERIES[2] ?? '', values: steps.most_in_use },
              ...(cap ? [{ label: `Cap ${count(cap)}`, color: SERIES[7] ?? '', values: times.map(() => cap) }] : []),
            ]}
          />
          <p className="dim under">{sentence('channels_over_time_next')}</p>
        </Suspense>
      )}
    </Panel>
  )
}
