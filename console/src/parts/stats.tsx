/** Figures of statistics, the same everywhere. */
import { Meter, type Tone } from './basics'
import { percent } from './figures'

/** The colour of a share of answered attempts: a hint to look, not a judgement. */
export const asrTone = (asr: number): Tone => (asr < 0.1 ? 'bad' : asr < 0.4 ? 'warn' : 'good')

export const Asr = ({ asr }: { asr: number | null | undefined }) => (
  <span className="nowrap">
    {asr != null && <Meter share={asr} tone={asrTone(asr)} label={`ASR ${percent(asr)}`} />}
    {percent(asr)}
  </span>
)
