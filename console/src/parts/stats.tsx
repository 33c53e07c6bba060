/** Figures of statistics, the same everywhere. */
import { LOW_ASR, POOR_ASR } from '../api/tables'
import { Meter, type Tone } from './basics'
import { percent } from './figures'

/** The colour of a share of answered attempts: a hint to look, not a judgement. */
export const asrTone = (asr: number): Tone => (asr < POOR_ASR ? 'bad' : asr < LOW_ASR ? 'warn' : 'good')

export const Asr = ({ asr }: { asr: number | null | undefined }) => (
  <span className="nowrap">
    {asr != null && <Meter share={asr} tone={asrTone(asr)} label={`ASR ${percent(asr)}`} />}
    {percent(asr)}
  </span>
)
