/** A form for one object, with what the API says about each field beside it. */
import { Button, NumberInput, PasswordInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Refusal } from '../api/client'
import type { Field, Group } from '../api/forms'
import { useCustomers, useMe, useProviders, useTrunks } from '../api/queries'
import { SYSTEM_DEFAULT } from '../api/tables'
import { fromTyped, typed } from '../api/time'
import { Failure, Worded } from './basics'
import { label } from './labels'

export type Values = Record<string, unknown>

type Props = {
  groups: Group[]
  values: Values
  error: unknown
  busy: boolean
  save: string
  onSave: (changed: Values) => void
  /** What stands beside the button, of what is changed so far. */
  children?: (changed: Values) => ReactNode
}

export function ObjectForm({ groups, values, error, busy, save, onSave, children }: Props) {
  const [edited, setEdited] = useState<Values>({})
  const changed = Object.fromEntries(
    Object.entries(edited).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(values[name])),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSave(changed)
  }
  const refusal = error instanceof Refusal ? error : undefined
  const known = groups.flatMap(({ fields }) => fields.map(field => field.name))
  const isShown = refusal?.details.length && refusal.details.every(detail => known.includes(detail.field))
  return (
    <form className="form" onSubmit={submit} noValidate>
      {groups.map(({ title, fields }) => (
        <fieldset key={title} className="group">
          {title && <legend>{title}</legend>}
          {fields.map(field => (
            <Input
              key={field.name}
              field={field}
              value={field.name in edited ? edited[field.name] : values[field.name]}
              error={refusal?.field(field.name)}
              onChange={next => setEdited(now => ({ ...now, [field.name]: next }))}
            />
          ))}
        </fieldset>
      ))}
      {!isShown && <Failure error={error} />}
      <div className="row actions">
        <Button type="submit" loading={busy}>
          {save}
        </Button>
        {children?.(changed)}
      </div>
    </form>
  )
}

const MOST_WITHOUT_SEARCH = 12

type InputProps = { field: Field; value: unknown; error?: string; onChange: (value: unknown) => void }

function Input({ field, value, error, onChange }: InputProps) {
  const common = {
    label: label(field.name),
    description: field.hint ? <Worded text={field.hint} /> : undefined,
    error,
    required: field.required,
  }
  const text = typeof value === 'string' ? value : value == null ? '' : String(value)
  if (/_id$/.test(field.name)) return <Picker field={field} value={text} common={common} onChange={onChange} />
  if (field.name === 'password')
    return (
      <PasswordInput
        size="xs"
        {...common}
        autoComplete="new-password"
        value={text}
        onChange={event => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      />
    )
  switch (field.type) {
    case 'flag':
      return (
        <Switch
          size="xs"
          {...common}
          checked={value === undefined ? field.name === 'enabled' : !!value}
          onChange={event => onChange(event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={field.choices}
          value={text || null}
          onChange={next => onChange(next ?? (field.nullable ? null : ''))}
          clearable={!field.required}
          searchable={field.choices.length > MOST_WITHOUT_SEARCH}
        />
      )
    case 'choices':
      return (
        <TagsInput size="xs" {...common} data={field.choices} value={(value as string[]) ?? []} onChange={onChange} />
      )
    case 'texts':
      return <TagsInput size="xs" {...common} value={(value as string[]) ?? []} onChange={onChange} />
    case 'number':
      return (
        <NumberInput
          size="xs"
          {...common}
          allowDecimal={false}
          min={field.least ?? undefined}
          value={typeof value === 'number' ? value : ''}
          onChange={next => onChange(next === '' ? null : Number(next))}
        />
      )
    case 'instant':
      return (
        <TextInput
          {...common}
          type="datetime-local"
          value={typed(text)}
          onChange={event => onChange(fromTyped(event.currentTarget.value))}
        />
      )
    case 'json':
      return <Json common={common} value={value} onChange={onChange} />
    default:
      return <TextInput {...common} value={text} onChange={event => onChange(event.currentTarget.value)} />
  }
}

type Common = { label: string; description?: ReactNode; error?: string; required?: boolean }

function Json({ common, value, onChange }: { common: Common; value: unknown; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 1))
  return (
    <Textarea
      size="xs"
      {...common}
      autosize
      minRows={1}
      maxRows={8}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      placeholder="JSON"
      value={text}
      onChange={event => {
        setText(event.currentTarget.value)
        try {
          onChange(JSON.parse(event.currentTarget.value))
        } catch {
          onChange(event.currentTarget.value)
        }
      }}
    />
  )
}

function Picker({
  field,
  value,
  common,
  onChange,
}: {
  field: Field
  value: string
  common: Common
  onChange: (value: unknown) => void
}) {
  const providers = useProviders().data ?? []
  const customers = useCustomers().data ?? []
  const trunks = useTrunks().data ?? []
  const own = useMe().data?.customer
  const objects =
    field.name === 'provider_id'
      ? providers
      : field.name === 'trunk_id'
        ? trunks
        : customers.length
          ? customers
          : own
            ? [own]
            : []
  const data = objects.map(object => ({
    value: object.id,
    label: object.name || ('hostname' in object ? object.hostname : object.id),
  }))
  if (field.name === 'customer_id' && value === SYSTEM_DEFAULT && !data.some(one => one.value === value))
    data.unshift({ value, label: 'System default' })
  return (
    <Select
      {...common}
      data={data}
      value={value || null}
      onChange={onChange}
      searchable
      nothingFoundMessage="Nothing has that name"
    />
  )
}
