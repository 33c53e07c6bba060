/** How calls went, drawn over time. */
import type { Schemas } from '../api/client'
import { SERIES } from '../theme'
import { Chart } from './charts'
import { percent, span } from './figures'
import { sentence } from './sentences'
import type { Part } from './window'

export type Marks = { at: number; isBad: boolean }[]
type Props = {
  steps: Schemas['CallSteps']
  times: number[]
  begun: number
  marks?: Marks
  onSelect?: (part: Part) => void
}

const HEIGHT = 120

/** Shares and delays; `begun`: the number of the step that still goes on. */
export function Quality({ steps, begun, ...drawn }: Props) {
  return (
    <>
      <Chart
        label={sentence('asr_and_ner')}
        top={1}
        shown={value => percent(value)}
        height={HEIGHT}
        {...drawn}
        series={[
          { label: 'ASR', color: SERIES[1] ?? '', values: whole(steps.asr, begun) },
          { label: 'NER', color: SERIES[0] ?? '', values: whole(steps.ner, begun) },
        ]}
      />
      <Chart
        label="Post-dial delay"
        shown={span}
        height={HEIGHT}
        {...drawn}
        series={[
          { label: 'p50', color: SERIES[4] ?? '', values: whole(steps.pdd_p50_ms, begun) },
          { label: 'p95', color: SERIES[2] ?? '', values: whole(steps.pdd_p95_ms, begun) },
        ]}
      />
    </>
  )
}

/** Shares and delays of a step that has only begun say nothing yet: its calls still ring. */
const whole = (values: (number | null)[], begun: number) => values.map((value, i) => (i < begun ? value : null))
