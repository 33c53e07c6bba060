/** Pages of a list by keyset tokens: where the viewer is stands in the address, the way back in the browser's history. */
import { ActionIcon } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import type { Page } from '../api/queries'
import { count } from './figures'
import { useKeys } from './keys'

export const PAGE_SIZE = 50

/** The value of a filter in the address, and how to set it: a list begins anew then. */
export function useFilters<N extends string>(names: readonly N[]) {
  const [params, setParams] = useSearchParams()
  const values = Object.fromEntries(names.map(name => [name, params.get(name) ?? ''])) as Record<N, string>
  const set = (name: N, value: string | null) =>
    setParams(
      now => {
        const next = new URLSearchParams(now)
        if (value) next.set(name, value)
        else next.delete(name)
        next.delete('page_token')
        return next
      },
      { replace: true },
    )
  return { values, set, token: params.get('page_token') ?? '', any: names.some(name => values[name]) }
}

const howMany = (page: Page<unknown>) =>
  page.count
    ? `${page.count.exact ? '' : 'about '}${count(page.count.about)} in all`
    : `${page.result.length} on this page`

type PagerProps = { page: Page<unknown> | undefined; of?: ReactNode; goesOn?: boolean }

/** `of`: what the page cannot show of the list, if that needs a word. `goesOn`: behind a page that is short, too. */
export function Pager({ page, of, goesOn }: PagerProps) {
  const [params, setParams] = useSearchParams()
  const hasBefore = params.has('page_token')
  const after = page && (goesOn || page.result.length >= PAGE_SIZE) ? page.next_page_token : ''
  const forward = () =>
    after &&
    setParams(now => {
      const next = new URLSearchParams(now)
      next.set('page_token', after)
      return next
    })
  const back = () => hasBefore && history.back()
  useKeys({ ']': forward, '[': back })
  return (
    <div className="pager">
      <span className="dim num">{of ?? (page && howMany(page))}</span>
      <ActionIcon variant="default" aria-label="Previous page" disabled={!hasBefore} onClick={back}>
        <IconChevronLeft size={15} />
      </ActionIcon>
      <ActionIcon variant="default" aria-label="Next page" disabled={!after} onClick={forward}>
        <IconChevronRight size={15} />
      </ActionIcon>
    </div>
  )
}
