/** What a change does to objects, field by field, as the API tells it. */
import { Link } from 'wouter'
import type { Schemas } from '../api/client'
import { useNames } from '../api/queries'
import { UNBOUNDED } from '../api/tables'
import { Chip, type Tone } from './basics'
import { NONE } from './figures'
import { kindOf, moment } from './kinds'
import { label } from './labels'
import { sentence } from './sentences'

export type ObjectChange = Schemas['ObjectChangeAnswer']

const TONES: Record<string, Tone> = { created: 'good', updated: 'warn', deleted: 'bad' }
const SIGNS: Record<string, string> = { created: '+', updated: '~', deleted: '−' }
const QUIET = new Set(['tm_create', 'tm_update', 'tm_delete', 'id', 'version'])
const MOST_FIELDS = 14

const isUnbounded = (field: string, value: unknown) => (UNBOUNDED as Record<string, string>)[field] === value
const isEmpty = (value: unknown) =>
  value == null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)

function useShown(name: (id: string) => string) {
  return (field: string, value: unknown): string => {
    if (isEmpty(value)) return NONE
    if (isUnbounded(field, value)) return sentence('always')
    if (/_id$/.test(field)) return name(String(value))
    if (/^(tm|valid)_/.test(field)) return moment(String(value))
    if (typeof value === 'boolean') return value ? 'yes' : 'no'
    if (Array.isArray(value) && value.every(one => typeof one !== 'object')) return value.join(', ')
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

/** `names`: those of objects that may be gone. */
export function Difference({ changes, names }: { changes: ObjectChange[]; names?: Record<string, string> }) {
  const name = useNames(names)
  return (
    <table className="grid" aria-label="What changes">
      <thead>
        <tr>
          <th scope="col" style={{ width: 120 }}>
            Change
          </th>
          <th scope="col" style={{ width: 200 }}>
            Object
          </th>
          <th scope="col">Fields</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change, i) => {
          return (
            <tr key={change.object_id + i}>
              <td>
                <Chip tone={TONES[change.action]}>
                  {SIGNS[change.action]} {change.action}
                </Chip>
              </td>
              <td>
                <Changed change={change} name={name} />
              </td>
              <td>
                <Fields change={change} name={name} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** The fields that a change makes others, before and after. */
export function Fields({ change, name }: { change: ObjectChange; name: (id: string) => string }) {
  const shown = useShown(name)
  const fields = change.fields.filter(
    field =>
      !QUIET.has(field.field) &&
      shown(field.field, field.before) !== shown(field.field, field.after) &&
      (change.action === 'updated' || !isUnbounded(field.field, field.before ?? field.after)),
  )
  return (
    <div className="fields">
      {fields.slice(0, MOST_FIELDS).map(field => (
        <span key={field.field} className="field" title={shown(field.field, field.after)}>
          <span className="dim">{label(field.field)}</span>{' '}
          {change.action !== 'created' && <del className="mono">{shown(field.field, field.before)}</del>}
          {change.action === 'updated' && <span aria-hidden="true"> → </span>}
          {change.action !== 'deleted' && <ins className="mono">{shown(field.field, field.after)}</ins>}
        </span>
      ))}
      {fields.length > MOST_FIELDS && <span className="dim">and {fields.length - MOST_FIELDS} more</span>}
    </div>
  )
}

/** What people know an object by, as text: its kind and its name, or of a route its target and carrier. */
export function calledBy({ kind, identity }: ObjectChange, name: (id: string) => string): string {
  const { provider_id, customer_id, ...own } = identity as Record<string, string | undefined>
  return [kindOf(kind), ...Object.values(own).slice(0, 1), provider_id && name(provider_id)].filter(Boolean).join(' ')
}

/** What people know an object by: its name, or of a route its target, carrier and customer. */
function Changed({ change, name }: { change: ObjectChange; name: (id: string) => string }) {
  const { provider_id, customer_id, ...own } = change.identity as Record<string, string | undefined>
  const [first = change.kind] = Object.values(own)
  return (
    <span title={change.object_id}>
      <Link className="within" href={`/changes?object_id=${change.object_id}`} title="Its changes">
        {kindOf(change.kind)}
      </Link>{' '}
      {own.target ? <span className="mono">{own.target}</span> : first}
      {provider_id && ` ${name(provider_id)}`} {customer_id && <div className="dim">{name(customer_id)}</div>}
    </span>
  )
}
