/** Many routes changed by one job: it goes on by itself, and is waited for here. */
import { request, type Schemas } from '../api/client'

type Job = Schemas['JobAnswer']
export type Fields = Record<string, unknown> | null
export type Counted = { matched: number; changed: number; revision: number | null }

const AGAIN_MS = 250
const GOING = new Set(['queued', 'running'])

/** The result of a job once it is over. Raises Error in the job's words. */
async function outcome(job: Job, onProgress: (percent: number | null) => void): Promise<Counted> {
  let now = job
  while (GOING.has(now.state)) {
    onProgress(now.progress.percent)
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    now = (await request<Job>('GET', `/v1.0/jobs/${job.id}`)).value
  }
  if (!now.result) throw new Error(now.error?.message)
  return now.result as Counted
}

/** What is done to a route: some fields of it changed, or null for deleted. */
export const actionOf = (fields: Fields) => (fields ? { action: 'update', fields } : { action: 'delete' })

/** All routes that these filters mean, as one revision; `isRehearsal`: counted alone. */
export async function changeAll(
  filters: Record<string, string>,
  fields: Fields,
  isRehearsal: boolean,
  onProgress: (percent: number | null) => void = () => undefined,
): Promise<Counted> {
  const parameters = { ...actionOf(fields), filters: String(new URLSearchParams(filters)), dry_run: isRehearsal }
  const job = await request<Job>('POST', '/v1.0/jobs', { body: { kind: 'routes.change', parameters } })
  return outcome(job.value, onProgress)
}
