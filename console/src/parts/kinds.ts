/** How a change says of which kind an object is, and when something is. */
import { KIND_WORDS } from '../api/tables'
import { instant, shown } from '../api/time'

export const kindOf = (kind: string): string => KIND_WORDS[kind as keyof typeof KIND_WORDS] ?? kind

/** An instant in the viewer's zone. */
export function moment(value: string): string {
  const ms = instant(value)
  return ms === null ? 'never' : shown(ms)
}
