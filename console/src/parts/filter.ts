/** The grammar of filters, as Python's table has it: a text taken apart at its end, and put together. */
import { Refusal } from '../api/client'
import { PLAIN, TERM } from '../api/filters'

export type Word = { name: string; says: string; values: readonly string[]; kind: string }
/** A term of a filter: where it begins, its minus, its word ('' for text alone) and its value as it was typed. */
export type Term = { at: number; minus: string; word: string; value: string }

export function termsOf(text: string): Term[] {
  const found = [...text.matchAll(new RegExp(TERM, 'g'))].filter(one => one[0])
  return found.map(({ index, 1: minus = '', 2: word = '', 3: value = '' }) => ({ at: index, minus, word, value }))
}

const isPlain = new RegExp(`^${PLAIN}$`)
/** A text as a value that means just it. */
export const quoted = (text: string) => (isPlain.test(text) ? text : `"${text.replaceAll('"', '""')}"`)
export const unquoted = (value: string) =>
  value.replace(/"((?:[^"]|"")*)"?/g, (_, text: string) => text.replaceAll('""', '"'))

/** A term that means just this name. */
export const term = (word: string, name: string) => `${word}:${quoted(name)}`

/** The filter with another value of a word, which stands where the old one did; null or "" for none. */
export function withValue(filter: string, word: string, value: string | null): string {
  const terms = termsOf(filter)
  const at = terms.findLastIndex(one => !one.minus && one.word === word)
  const texts = terms.map(one => `${one.minus}${one.word && `${one.word}:`}${one.value}`)
  texts.splice(at < 0 ? texts.length : at, at < 0 ? 0 : 1, value ? `${word}:${value}` : '')
  return texts.filter(Boolean).join(' ')
}

/** Whether a filter could not be read: its box says why. */
export const isUnread = (error: unknown) => error instanceof Refusal && !!error.field('filter')

/** The address of a list with this filter. */
export const filtered = (path: string, filter: string) => `${path}?filter=${encodeURIComponent(filter)}`
/** The same of the list of routes. */
export const routesWith = (filter: string) => filtered('/routes', filter)

/** How the text may go on: the whole of it then, what is shown of it, and whether its last term is complete. */
export type Proposal = { text: string; shown: string; note: string; isWhole: boolean }

/** The term that is typed at the end of the text: one in a quotation that is open too, or a new one. */
function typed(text: string): Term {
  const isOpen = text.split('"').length % 2 === 0
  const last = termsOf(isOpen ? `${text}"` : text).at(-1)
  if (!last || (!isOpen && /\s$/.test(text))) return { at: text.length, minus: '', word: '', value: '' }
  return isOpen ? { ...last, value: last.value.slice(0, -1) } : last
}

/** With the words there are, or the values of the word at its end. */
export function proposals(
  text: string,
  words: readonly Word[],
  names: (kind: string) => string[],
  says: (word: Word, isNot: boolean) => string,
): Proposal[] {
  const { at, minus, word, value } = typed(text)
  const before = text.slice(0, at) + minus
  const known = words.find(one => one.name === word)
  if (!known)
    return words
      .filter(one => !word && one.name.startsWith(value))
      .map(one => ({
        text: `${before}${one.name}:`,
        shown: `${minus}${one.name}:`,
        note: says(one, !!minus),
        isWhole: false,
      }))
  const [piece = ''] = /(?:"(?:[^"]|"")*"?|[^",])*$/.exec(value) ?? []
  const sought = unquoted(piece).toLowerCase()
  const all = known.kind ? names(known.kind) : known.values
  return all
    .filter(one => one.toLowerCase().includes(sought))
    .slice(0, MOST)
    .map(one => ({
      text: `${before}${word}:${value.slice(0, value.length - piece.length)}${known.kind ? quoted(one) : one}`,
      shown: one,
      note: '',
      isWhole: true,
    }))
}

const MOST = 8
