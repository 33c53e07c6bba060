/** How a provider's attempts went in the last hour: by minute, by what they ended with, by where they went to. */
import { Suspense } from 'react'
import type { Query, Schemas } from '../../api/client'
import { type Page, useAnswer } from '../../api/queries'
import { instant, shown } from '../../api/time'
import { Empty, Failure, Panel } from '../../parts/basics'
import { Chart } from '../../parts/charts'
import { Numbered } from '../../parts/country'
import { count, percent, span } from '../../parts/figures'
import { Grid } from '../../parts/Grid'
import { sentence } from '../../parts/sentences'
import { Asr, asrTone } from '../../parts/stats'
import { SERIES } from '../../theme'
import type { ProviderStats } from '../Providers'

type Stepped<T> = Page<T> & { from: string }

const MINUTE_S = 60
const MOST_STATUSES = 7
const MOST_TARGETS = 5
const CHART = 150

const useLive = <T,>(by: string, query: Query) => useAnswer<Stepped<T>>(`/v1.0/stats/${by}`, query, { every: 10 })

/** Minute by minute what became of its attempts, how long they took to ring, and what they ended with. */
export function LastHour({ id, stats }: { id: string; stats: ProviderStats }) {
  const minutes = useLive<ProviderStats>('providers', { provider_id: id, step: MINUTE_S }).data
  const statuses = useLive<Schemas['StatusStats']>('statuses', {
    provider_id: id,
    step: MINUTE_S,
    page_size: MOST_STATUSES,
  }).data
  const asr = minutes?.result.find(row => row.provider_id === id)?.steps?.asr ?? []
  const begin = instant(minutes?.from) ?? 0
  const most = Math.max(1, ...stats.pdd.map(one => one.attempts))
  return (
    <Panel title="Last hour">
      <div className="strip" role="img" aria-label={sentence('answered_by_minute')}>
        {asr.map((share, i) => (
          <i
            key={i}
            className={share === null ? '' : asrTone(share)}
            title={`${shown(begin + i * MINUTE_S * 1000)}: ${percent(share)} answered`}
          />
        ))}
      </div>
      <Outcomes statuses={statuses} />
      <div className="halves">
        <table className="bars" aria-label="Post-dial delay">
          <caption>Post-dial delay</caption>
          <tbody>
            {stats.pdd.map((one, i) => (
              <tr key={one.until_ms ?? 'more'}>
                <th scope="row">
                  {one.until_ms === null ? `over ${span(stats.pdd[i - 1]?.until_ms)}` : `to ${span(one.until_ms)}`}
                </th>
                <td>{one.attempts > 0 && <i style={{ width: `${(one.attempts / most) * 100}%` }} />}</td>
                <td className="num">{count(one.attempts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table className="bars" aria-label={sentence('ended_with')}>
          <caption>{sentence('ended_with')}</caption>
          <tbody>
            {statuses?.result.map(one => (
              <tr key={one.sip_status}>
                <th scope="row">{one.sip_status}</th>
                <td>
                  <i style={{ width: `${(one.attempts / (statuses.result[0]?.attempts || 1)) * 100}%` }} />
                </td>
                <td className="num">{count(one.attempts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

/** Attempts a minute, each SIP status on top of those before it. */
function Outcomes({ statuses }: { statuses: Stepped<Schemas['StatusStats']> | undefined }) {
  const begin = instant(statuses?.from)
  const steps = statuses?.result[0]?.steps
  if (!statuses || begin === null || !steps) return null
  const times = steps.attempts.map((_, i) => begin / 1000 + i * MINUTE_S)
  const series = statuses.result.map((one, i) => ({
    label: one.sip_status,
    color: SERIES[i % SERIES.length] ?? '',
    values: one.steps?.attempts_per_min ?? [],
  }))
  return (
    <Suspense fallback={<div style={{ height: CHART }} />}>
      <Chart label={sentence('ended_by_minute')} times={times} stacked series={series} shown={count} height={CHART} />
    </Suspense>
  )
}

type TargetStats = Schemas['TargetStats']

/** Where its attempts reach nobody, and where they are answered best. */
export function Targets({ id }: { id: string }) {
  const targets = useLive<TargetStats>('targets', { provider_id: id })
  const tried = targets.data?.result.filter(one => one.asr !== null)
  const ordered = tried && [...tried].sort((a, b) => (a.asr ?? 0) - (b.asr ?? 0) || b.attempts - a.attempts)
  const worst = ordered?.slice(0, MOST_TARGETS)
  const best = ordered?.slice(MOST_TARGETS).slice(-MOST_TARGETS).reverse()
  return (
    <Panel title="Destinations" aside="last hour" flush>
      <Failure error={targets.error} />
      <Some label="Answered least" rows={worst} />
      {!!best?.length && <Some label="Answered best" rows={best} />}
    </Panel>
  )
}

function Some({ label, rows }: { label: string; rows: TargetStats[] | undefined }) {
  return (
    <Grid
      label={label}
      rows={rows}
      id={one => one.target}
      empty={<Empty title={sentence('no_attempt')} />}
      columns={[
        { key: 'target', head: label, cell: one => <Numbered number={one.target} /> },
        { key: 'attempts', head: 'Attempts', number: true, cell: one => count(one.attempts) },
        { key: 'asr', head: 'ASR', number: true, cell: one => <Asr asr={one.asr} /> },
        { key: 'ner', head: 'NER', number: true, cell: one => percent(one.ner) },
        { key: 'pdd', head: 'PDD p50', number: true, cell: one => span(one.pdd_p50_ms) },
      ]}
    />
  )
}
