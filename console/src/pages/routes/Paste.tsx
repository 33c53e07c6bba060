/** Rows out of a spreadsheet: the API says what would become of each, then all of them are one revision. */
import { Button, Modal, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { refresh } from '../../api/cache'
import { request, type Schemas } from '../../api/client'
import { useNames } from '../../api/queries'
import { Chip, Failure, type Tone } from '../../parts/basics'
import { Fields } from '../../parts/changes'
import { count } from '../../parts/figures'
import { saved } from '../../parts/saved'
import { sentence } from '../../parts/sentences'

type Sheet = Schemas['SheetAnswer']
type Row = Sheet['rows'][number]

const PATH = '/v1.0/sheet'
/** How many rows change something. */
const effective = ({ counts }: Sheet) => (counts.new ?? 0) + (counts.changed ?? 0)

const TONES: Record<Row['verdict'], Tone> = { new: 'good', changed: 'warn', same: 'dim', refused: 'bad' }

export default function Paste({ text: first, onClose }: { text: string; onClose: () => void }) {
  const [text, setText] = useState(first)
  const looked = useMutation({
    mutationFn: async () => (await request<Sheet>('POST', PATH, { body: { text, dry_run: true } })).value,
  })
  const publish = useMutation({
    mutationFn: (plan: string) => request<Sheet>('POST', PATH, { body: { text, plan, leave_out: true } }),
    onSuccess: ({ value, revision }) => {
      refresh()
      saved(revision, `${count(effective(value))} rows published`)
      onClose()
    },
  })
  const sheet = looked.data
  return (
    <Modal opened onClose={onClose} title="Paste rows" size="xl" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="form">
        <Textarea
          label="Rows"
          description={sentence('paste_next')}
          minRows={5}
          maxRows={10}
          autosize
          data-autofocus
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', whiteSpace: 'pre' } }}
          value={text}
          onChange={event => {
            setText(event.currentTarget.value)
            looked.reset()
            publish.reset()
          }}
        />
        <Failure error={looked.error ?? publish.error} />
        {sheet && <Verdicts sheet={sheet} />}
        <div className="row">
          {sheet ? (
            <Button disabled={!effective(sheet)} loading={publish.isPending} onClick={() => publish.mutate(sheet.plan)}>
              Publish as one revision
            </Button>
          ) : (
            <Button disabled={!text.trim()} loading={looked.isPending} onClick={() => looked.mutate()}>
              Preview
            </Button>
          )}
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </div>
    </Modal>
  )
}

function Verdicts({ sheet }: { sheet: Sheet }) {
  const name = useNames(sheet.names)
  const { new: made, changed, same, refused } = sheet.counts
  return (
    <>
      <p className="said" role="status">
        {sentence('pasted', { made: count(made), changed: count(changed), same: count(same), refused: count(refused) })}
      </p>
      <div className="grid-box pasted">
        <table className="grid" aria-label="Pasted rows">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Row</th>
              <th scope="col">Route</th>
              <th scope="col">Fields</th>
            </tr>
          </thead>
          <tbody>
            {sheet.rows.map(row => (
              <tr key={row.line}>
                <td className="num">{row.line}</td>
                <td>
                  <Chip tone={TONES[row.verdict]}>{row.verdict}</Chip>
                </td>
                <td>
                  <span className="mono">{String(row.route.target ?? '')}</span>{' '}
                  {name(row.route.provider_id as string | undefined)}
                  <div className="dim">{name(row.route.customer_id as string | undefined)}</div>
                </td>
                <td>
                  {row.reasons.map(reason => (
                    <div key={reason} className="bad">
                      {reason}
                    </div>
                  ))}
                  {row.change && <Fields change={row.change} name={name} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
