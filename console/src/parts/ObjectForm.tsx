/** A form for one object: its fields by the OpenAPI document, what the API says about each beside it. */
import { Button, NumberInput, PasswordInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Refusal } from '../api/client'
import { SYSTEM_DEFAULT, useCustomers, useMe, useProviders, useTrunks } from '../api/queries'
import { Failure, Worded } from './basics'
import { type Field, label, useFields } from './document'

export type Values = Record<string, unknown>
type Group = [string, string[]]

type Props = {
  schema: string
  groups: Group[]
  values: Values
  error: unknown
  busy: boolean
  save: string
  onSave: (changed: Values) => void
  children?: ReactNode
}

export function ObjectForm({ schema, groups, values, error, busy, save, onSave, children }: Props) {
  const fields = useFields(schema)
  const [edited, setEdited] = useState<Values>({})
  const of = new Map(fields?.map(field => [field.name, field]))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSave(
      Object.fromEntries(
        Object.entries(edited).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(values[name])),
      ),
    )
  }
  const refusal = error instanceof Refusal ? error : undefined
  const known = groups.flatMap(([, names]) => names)
  const isShown = refusal?.details.length && refusal.details.every(detail => known.includes(detail.field))
  return (
    <form className="form" onSubmit={submit} noValidate>
      {groups.map(([title, names]) => (
        <fieldset key={title} className="group">
          {title && <legend>{title}</legend>}
          {names.flatMap(name => {
            const field = of.get(name)
            if (!field) return []
            const value = name in edited ? edited[name] : values[name]
            return [
              <Input
                key={name}
                field={field}
                value={value}
                error={refusal?.field(name)}
                onChange={next => setEdited(now => ({ ...now, [name]: next }))}
              />,
            ]
          })}
        </fieldset>
      ))}
      {!isShown && <Failure error={error} />}
      <div className="row actions">
        <Button type="submit" loading={busy}>
          {save}
        </Button>
        {children}
      </div>
    </form>
  )
}

type InputProps = { field: Field; value: unknown; error?: string; onChange: (value: unknown) => void }

function Input({ field, value, error, onChange }: InputProps) {
  const common = {
    label: label(field.name),
    description: field.description ? (
      <Worded text={field.description.replace(SYSTEM_DEFAULT, 'System default')} />
    ) : undefined,
    error,
    required: field.required,
    withAsterisk: false,
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
          searchable={field.choices.length > 12}
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
          min={field.minimum}
          value={typeof value === 'number' ? value : ''}
          onChange={next => onChange(next === '' ? null : Number(next))}
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
