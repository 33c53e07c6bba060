/** Choosing one of the objects that have names. */
import { Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { useCustomers, useMay, useProviders, useTrunks } from '../api/queries'

type Props = { value: string; onChange: (value: string | null) => void; label: string; width?: number; every?: string }
type Named = { id: string; name: string; hostname?: string }

const options = (objects: Named[] | undefined) =>
  (objects ?? []).map(one => ({ value: one.id, label: one.name || one.hostname || one.id.slice(0, 8) }))

function Picker({ objects, value, onChange, label, width = 170, every }: Props & { objects: Named[] | undefined }) {
  return (
    <Select
      aria-label={label}
      label={label}
      placeholder={every ?? 'Any'}
      data={options(objects)}
      value={value || null}
      onChange={onChange}
      searchable
      clearable={!!every || every === undefined}
      clearButtonProps={{ 'aria-label': `Any ${label.toLowerCase()}` }}
      w={width}
      nothingFoundMessage="Nothing has that name"
    />
  )
}

export function CustomerPicker(props: Omit<Props, 'label'> & { label?: string }) {
  const customers = useCustomers().data
  return useMay()('customer.list') ? <Picker {...props} label={props.label ?? 'Customer'} objects={customers} /> : null
}

export function ProviderPicker(props: Omit<Props, 'label'>) {
  const providers = useProviders().data
  return useMay()('provider.list') ? <Picker {...props} label="Provider" objects={providers} /> : null
}

export function TrunkPicker({ customer, ...props }: Omit<Props, 'label'> & { customer?: string }) {
  const trunks = useTrunks().data
  return (
    <Picker
      {...props}
      label="Trunk"
      objects={customer ? trunks?.filter(trunk => trunk.customer_id === customer) : trunks}
    />
  )
}

/** A filter that is typed: it acts when the typing pauses, and `/` puts the cursor here. */
export function Typed({
  value,
  onChange,
  label,
  placeholder,
  width = 170,
  first,
}: {
  value: string
  onChange: (value: string) => void
  label: string
  placeholder?: string
  width?: number | string
  first?: boolean
}) {
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  const act = useDebouncedCallback((next: string) => {
    setSeen(next)
    onChange(next)
  }, 250)
  useEffect(() => {
    if (value !== seen) {
      setSeen(value)
      setText(value)
    }
  }, [value, seen])
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      w={width}
      value={text}
      data-filter={first || undefined}
      onChange={event => {
        setText(event.currentTarget.value)
        act(event.currentTarget.value.trim())
      }}
    />
  )
}
