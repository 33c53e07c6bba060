/** Sentences of Python's tables, with their gaps filled in. */
import { SENTENCES } from '../api/tables'

type Sentences = typeof SENTENCES
type Gaps<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Gaps<Rest> : never
type Values<T> = [Gaps<T>] extends [never] ? [] : [Record<Gaps<T>, string | number>]

export function sentence<Name extends keyof Sentences>(name: Name, ...[values]: Values<Sentences[Name]>): string {
  const gaps: Record<string, string | number> = { ...values }
  return SENTENCES[name].replace(/\{(\w+)\}/g, (_, gap: string) => String(gaps[gap]))
}
