/** What goes on in the background: how far each job is, and the way to stop it. */
import { Button, Progress } from '@mantine/core'
import type { Schemas } from '../api/client'
import { useMay, usePage, useWrite } from '../api/queries'
import { Chip, Panel, type Tone, When } from './basics'
import { count, span } from './figures'
import { Grid } from './Grid'
import { failed } from './saved'

type Job = Schemas['JobAnswer']

const GOING = new Set(['queued', 'running'])
const TONES: Record<string, Tone> = { done: 'good', failed: 'bad', interrupted: 'warn', cancelled: 'dim' }

export function Jobs() {
  const may = useMay()
  const jobs = usePage<Job>('/v1.0/jobs', { page_size: 10 }, { enabled: may('job.list'), every: 2 }).data?.result
  const write = useWrite()
  if (!jobs?.length) return null
  return (
    <div style={{ marginBottom: 12 }}>
      <Panel title="Large changes" flush>
        <Grid
          label="Jobs"
          rows={jobs}
          id={job => job.id}
          empty={null}
          columns={[
            { key: 'kind', head: 'Job', cell: job => job.kind.replaceAll('_', ' ') },
            { key: 'who', head: 'Who', cell: job => job.actor_name || job.actor_kind },
            { key: 'when', head: 'Began', cell: job => <When at={job.tm_create} /> },
            { key: 'progress', head: 'Progress', cell: job => <HowFar job={job} /> },
            {
              key: 'stop',
              head: '',
              cell: job =>
                GOING.has(job.state) && may('job.cancel') ? (
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() =>
                      write.mutate({ method: 'POST', path: `/v1.0/jobs/${job.id}/cancel` }, { onError: failed })
                    }
                  >
                    Stop
                  </Button>
                ) : (
                  job.error && <span className="bad">{job.error.message}</span>
                ),
            },
          ]}
        />
      </Panel>
    </div>
  )
}

function HowFar({ job: { state, progress } }: { job: Job }) {
  if (!GOING.has(state)) return <Chip tone={TONES[state]}>{state}</Chip>
  return (
    <span className="row">
      <Progress
        w={160}
        value={progress.percent ?? 100}
        striped={progress.percent === null}
        animated={progress.percent === null}
        aria-label={progress.percent === null ? 'Under way' : `${Math.round(progress.percent)} % done`}
      />
      <span className="num dim">
        {count(progress.done)}
        {progress.total ? ` of ${count(progress.total)}` : ''}
        {progress.eta_s ? `, ${span(progress.eta_s * 1000)} to go` : ''}
      </span>
    </span>
  )
}
