/** Numbers as people read them. */

export const NONE = '–'

const integers = new Intl.NumberFormat('en')
export const count = (value: number | null | undefined): string => (value == null ? NONE : integers.format(value))

export const percent = (share: number | null | undefined, digits = 0): string =>
  share == null ? NONE : `${(share * 100).toFixed(digits)} %`

/** A length of time in ms. */
export function span(ms: number | null | undefined): string {
  if (ms == null) return NONE
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  const s = ms / 1000
  if (s < 60) return `${s.toFixed(s < 10 ? 2 : 1)} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(Math.round(s % 60)).padStart(2, '0')} s`
  if (s < 172_800) return `${Math.floor(s / 3600)} h ${String(Math.round((s % 3600) / 60)).padStart(2, '0')} min`
  return `${Math.floor(s / 86_400)} d ${Math.round((s % 86_400) / 3600)} h`
}
