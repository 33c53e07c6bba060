/** What tree and matrix show of a list that is longer than they can draw, and the way to the rest. */
import type { Page, Route } from '../../api/queries'
import { count } from '../../parts/figures'
import { Pager } from '../../parts/paging'
import { sentence } from '../../parts/sentences'

export function Part({ page }: { page: Page<Route> | undefined }) {
  if (!page || (!page.next_page_token && !location.search.includes('page_token'))) return null
  return <Pager page={page} of={sentence('routes_drawn', { count: count(page.result.length) })} />
}
