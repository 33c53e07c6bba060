/** What saving a form sends, to be sent by a program. Secrets that were typed are not in it. */
import { address } from '../api/client'
import { FLAGS } from '../api/code'
import { FORMS, type KindName } from '../api/forms'
import { HOME } from '../api/place'
import { CopyMenu } from './CopyAs'
import type { Values } from './ObjectForm'
import { sentence } from './sentences'

type Props = { kind: KindName; id: string | null; body: Values; etag?: string | null }

export const CopySaving = (saving: Props) => (
  <CopyMenu curl={() => curl(saving)} python={() => python(saving)} disabled={Object.keys(saving.body).length === 0} />
)

const isSecret = ({ kind, body }: Props, name: string) => FORMS[kind].secrets.includes(name) && !!body[name]

function curl(saving: Props) {
  const { kind, id, body, etag } = saving
  const fields = Object.entries(body).map(([name, value]) => {
    const text = isSecret(saving, name) ? sentence('secret_as_curl') : inQuotes(JSON.stringify(value))
    return isSecret(saving, name) ? `"${name}": "${text}"` : `"${name}": ${text}`
  })
  return sentence('sent_as_curl', {
    method: id === null ? 'POST' : 'PUT',
    url: location.origin + address(id === null ? FORMS[kind].path : `${FORMS[kind].path}/${id}`),
    unless: etag ? sentence('unless_changed', { etag }) : '',
    body: `{${fields.join(', ')}}`,
  })
}

/** A text within a shell's single quotes. */
const inQuotes = (text: string) => text.replaceAll("'", "'\\''")

function python(saving: Props) {
  const { kind, id, body, etag } = saving
  const { create, update } = FORMS[kind].calls
  const fields = Object.entries(body).map(
    ([name, value]) => `${name}=${isSecret(saving, name) ? sentence('secret_as_python') : literal(value)}`,
  )
  const tag = etag ? [`if_match=${literal(etag)}`] : []
  return sentence('as_python', {
    url: HOME,
    call: id === null ? create : update,
    arguments: [...(id === null ? [] : [literal(id)]), ...tag, ...fields].join(', '),
  })
}

/** A value of JSON as Python writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (value && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`)
      .join(', ')}}`
  const text = JSON.stringify(value)
  return FLAGS[text as keyof typeof FLAGS] ?? text
}
