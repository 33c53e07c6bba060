/** What tree and matrix show of a list that is longer than they can draw, and the way to the rest. */
import type { Page, Route } from '../../api/queries'
import { count } from '../../parts/figures'
import { Pager } from '../../parts/paging'

export function Part({ page }: { page: Page<Route> | undefined }) {
  if (!page || (!page.next_page_token && !location.search.includes('page_token'))) return null
  return (
    <Pager
      page={page}
      of={`${count(page.result.length)} routes are drawn at a time, and there are more: narrow them by the filters above, or go on.`}
    />
  )
}
