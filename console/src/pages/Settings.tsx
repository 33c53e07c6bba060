/** The settings of the process that answers, as they are in effect; they are set by its environment. */
import { Fragment } from 'react'
import type { Schemas } from '../api/client'
import { useAnswer } from '../api/queries'
import { Chip, Failure, Head, Panel, Worded } from '../parts/basics'
import { CopyButton } from '../parts/CopyAs'
import { Grid } from '../parts/Grid'
import { useFilters } from '../parts/paging'
import { Typed } from '../parts/pickers'
import { sentence } from '../parts/sentences'

type Settings = Schemas['SettingsAnswer']

/** A long name, which may be broken behind each underscore. */
const Variable = ({ name }: { name: string }) => (
  <span className="mono">
    {name.split(/(?<=_)/).map(part => (
      <Fragment key={part}>
        {part}
        <wbr />
      </Fragment>
    ))}
  </span>
)

export default function SettingsPage() {
  const { values, set } = useFilters(['q'] as const)
  const settings = useAnswer<Settings>('/v1.0/settings')
  const text = values.q.toLowerCase()
  const changed = settings.data?.result.filter(one => !one.is_default) ?? []
  return (
    <>
      <Head title="Settings" sub={sentence('settings_source')}>
        <CopyButton what={changed.map(one => `${one.variable}=${one.value}`).join('\n')}>Copy what differs</CopyButton>
      </Head>
      <div className="bar">
        <Typed first label="Name" value={values.q} onChange={value => set('q', value)} />
      </div>
      <Failure error={settings.error} again={() => settings.refetch()} />
      <Panel flush>
        <Grid
          label="Settings"
          rows={settings.data?.result.filter(one => `${one.variable} ${one.meaning}`.toLowerCase().includes(text))}
          id={one => one.variable}
          columns={[
            { key: 'name', head: 'Variable', width: 230, cell: one => <Variable name={one.variable} /> },
            {
              key: 'value',
              head: 'Value',
              width: 190,
              cell: one => <span className="mono broken">{one.value || <span className="dim">empty</span>}</span>,
            },
            {
              key: 'default',
              head: 'From',
              width: 90,
              cell: one => (one.is_default ? <Chip tone="dim">default</Chip> : <Chip tone="good">set</Chip>),
            },
            {
              key: 'meaning',
              head: 'What it is for',
              cell: one => (
                <span className="dim">
                  <Worded text={one.meaning} />
                </span>
              ),
            },
          ]}
        />
      </Panel>
    </>
  )
}
