/** Text for the clipboard: a link, a request as curl or as a program in Python. */
import { Button, Menu } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { address, type Query } from '../api/client'
import { CALLS, FLAGS } from '../api/code'
import { HOME } from '../api/place'
import { sentence } from './sentences'

const SHOWN_MS = 1500

/** Where no page may write to the clipboard, as over plain HTTP, what is selected can still be copied. */
async function write(text: string) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  const inside = document.activeElement?.closest('[role=dialog]') ?? document.body
  inside.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

export function useCopied() {
  const [copied, setCopied] = useState(false)
  const copy = async (text: string) => {
    await write(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return { copied, copy }
}

export function CopyButton({ what, children }: { what: string; children: ReactNode }) {
  const { copied, copy } = useCopied()
  return (
    <Button variant="default" onClick={() => void copy(what)}>
      {copied ? 'Copied' : children}
    </Button>
  )
}

/** Text for programs, as it stands; it is scrolled where it is wider than its place. */
export const Code = ({ text }: { text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <pre className="code" tabIndex={0}>
    {text}
  </pre>
)

type Props = { path: keyof typeof CALLS; query: Query; id?: string }

/** The request behind a page, to be sent by a program. `id`: of the object in the path. */
export const CopyAs = ({ path, query, id }: Props) => (
  <CopyMenu curl={() => curl(withId(path, id), query)} python={() => python(path, query, id)} />
)

type Texts = { curl: () => string; python: () => string; disabled?: boolean }

/** A request as a line of curl, or as a program. */
export function CopyMenu({ curl, python, disabled }: Texts) {
  const { copied, copy } = useCopied()
  return (
    <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" disabled={disabled}>
          {copied ? 'Copied' : 'Copy as'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void copy(curl())}>curl</Menu.Item>
        <Menu.Item onClick={() => void copy(python())}>Python</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const withId = (path: string, id = '') => path.replace('{id}', id)
const curl = (path: string, query: Query) => sentence('as_curl', { url: location.origin + address(path, query) })

function python(path: Props['path'], query: Query, id?: string) {
  const { call, arguments: known } = CALLS[path]
  const wanted = new URLSearchParams(address(path, query).split('?')[1])
  const named = [...wanted].map(([name, value]) => {
    const [argument, kind] = (known as Record<string, readonly [string, string]>)[name] ?? [name, 'text']
    return `${argument}=${literal(value, kind)}`
  })
  const all = id ? [JSON.stringify(id), ...named] : named
  return sentence('as_python', { url: HOME, call, arguments: all.join(', ') })
}

function literal(value: string, kind: string) {
  if (kind === 'flag') return FLAGS[value as keyof typeof FLAGS]
  return kind === 'number' ? value : JSON.stringify(value)
}
