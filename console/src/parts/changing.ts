/** Many routes changed by one job: it goes on by itself, and is waited for here. */
import { request, type Schemas } from '../api/client'

type Job = Schemas['JobAnswer']
/** What becomes of each route, as the parameters of the job. */
export type Becoming =
  | { action: 'update'; fields: Record<string, unknown> }
  | { action: 'shift'; by: number }
  | { action: 'move'; customer_id: string }
  | { action: 'delete' }
export type Counted = {
  matched: number
  changed: number
  revision: number | null
  /** The first of what would change; of a rehearsal. */
  changes?: Schemas['ObjectChangeAnswer'][]
}

const FIRST_MS = 40
const AGAIN_MS = 250
const GOING = new Set(['queued', 'running'])

/** The result of a job once it is over. Raises Error in the job's words. */
async function outcome(job: Job, onProgress: (percent: number | null) => void): Promise<Counted> {
  let now = job
  for (let wait_ms = FIRST_MS; GOING.has(now.state); wait_ms = Math.min(AGAIN_MS, 2 * wait_ms)) {
    onProgress(now.progress.percent)
    await new Promise(resolve => setTimeout(resolve, wait_ms))
    now = (await request<Job>('GET', `/v1.0/jobs/${job.id}`)).value
  }
  if (!now.result) throw new Error(now.error?.message)
  return now.result as Counted
}

/** All routes that these filters mean, as one revision; `isRehearsal`: counted alone, and the first of it shown. */
export async function changeAll(
  filters: Record<string, string>,
  becoming: Becoming,
  isRehearsal: boolean,
  onProgress: (percent: number | null) => void = () => undefined,
): Promise<Counted> {
  const parameters = { ...becoming, filters: String(new URLSearchParams(filters)), dry_run: isRehearsal }
  const job = await request<Job>('POST', '/v1.0/jobs', { body: { kind: 'routes.change', parameters } })
  return outcome(job.value, onProgress)
}
