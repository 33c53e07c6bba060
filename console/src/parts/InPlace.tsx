/** A number of an object that is changed where it stands: Enter saves it if nobody else changed the object meanwhile. */
import { NumberInput } from '@mantine/core'
import { useState } from 'react'
import { request } from '../api/client'
import { useWrite } from '../api/queries'
import { count, NONE } from './figures'
import { failed, saved } from './saved'

type Props = { path: string; field: string; label: string; value: number | null; enabled: boolean }

export function InPlace({ path, field, label, value, enabled }: Props) {
  const [etag, setEtag] = useState<string | null | undefined>(undefined)
  const [text, setText] = useState<number | string>(value ?? '')
  const write = useWrite(answer => saved(answer.revision))
  const shown = write.isPending && write.variables ? (text === '' ? null : Number(text)) : value
  if (!enabled) return <span className="num">{shown === null ? NONE : count(shown)}</span>
  const begin = () => {
    setText(value ?? '')
    request('GET', path)
      .then(answer => setEtag(answer.etag))
      .catch(failed)
  }
  const end = () => setEtag(undefined)
  if (etag === undefined) {
    return (
      <button
        type="button"
        className="edit num"
        aria-label={`${label}: ${shown ?? 'none'}`}
        title="Change"
        onClick={begin}
      >
        {shown === null ? NONE : count(shown)}
      </button>
    )
  }
  return (
    <NumberInput
      size="xs"
      aria-label={label}
      w={72}
      ml="auto"
      hideControls
      allowDecimal={false}
      autoFocus
      value={text}
      onChange={setText}
      onFocus={event => event.target.select()}
      onBlur={end}
      onKeyDown={event => {
        if (event.key === 'Escape') end()
        if (event.key !== 'Enter') return
        if (text !== (value ?? ''))
          write.mutate(
            { method: 'PUT', path, body: { [field]: text === '' ? null : Number(text) }, ifMatch: etag },
            { onError: failed },
          )
        end()
      }}
    />
  )
}
