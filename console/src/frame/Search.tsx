/** Ctrl-K: pages, whatever the API finds by a name, number or id, and numbers to test. */
import '@mantine/spotlight/styles.css'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight } from '@mantine/spotlight'
import { type KeyboardEvent, useState } from 'react'
import { useLocation } from 'wouter'
import type { Schemas } from '../api/client'
import { useAnswer, useMay } from '../api/queries'
import type { PAGES } from './pages'

type Hit = Schemas['HitAnswer']
type Found = { id: string; label: string; note: string; to: string }

/** Where an object of each kind is shown. */
const PLACES: Record<Hit['kind'], (hit: Hit) => string> = {
  customer: hit => `/customers/${hit.id}`,
  provider: hit => `/providers/${hit.id}`,
  trunk: hit => `/trunks/${hit.id}`,
  call: hit => `/calls/${hit.id}`,
  route: hit => `/routes?filter=${hit.id}`,
  accesskey: () => '/keys',
  agent: () => '/people',
}
const PAUSE_MS = 150

export default function Search({ pages, onClose }: { pages: typeof PAGES; onClose: () => void }) {
  const [, go] = useLocation()
  const [query, setQuery] = useState('')
  const may = useMay()
  const text = query.trim()
  const [asked] = useDebouncedValue(text, PAUSE_MS)
  const hits = useAnswer<{ result: Hit[] }>('/v1.0/search', { q: asked }, { enabled: asked.length > 1 })
  const number = /^\+?\d{3,15}$/.test(text) ? `+${text.replace('+', '')}` : ''
  const found: Found[] = [
    ...(number && may('dialroute.list')
      ? [to(`Test ${number}`, 'Test a number', `/test?number=${encodeURIComponent(number)}`)]
      : []),
    ...(number && may('route.list')
      ? [to(`Routes that cover ${number}`, 'Routes', `/routes?filter=${encodeURIComponent(`covers:${number}`)}`)]
      : []),
    ...pages
      .filter(page => page.title.toLowerCase().includes(text.toLowerCase()))
      .map(page => to(page.title, `g ${page.key}`, page.path)),
    ...(asked.length > 1 ? (hits.data?.result ?? []) : []).map(hit => ({
      ...to(hit.name || hit.text, `${hit.kind} ${hit.text === hit.name ? '' : hit.text}`, PLACES[hit.kind](hit)),
      id: hit.id,
    })),
  ]
  /** Enter takes the first: what is found after the last key was pressed is not selected by the library. */
  const first = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !found[0] || document.querySelector('[data-action][data-selected]')) return
    event.preventDefault()
    go(found[0].to)
    onClose()
  }
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      forceOpened
      onSpotlightClose={onClose}
      shortcut={null}
      scrollable
      maxHeight={420}
      size={600}
      transitionProps={{ duration: 60 }}
    >
      <Spotlight.Search placeholder="Number, name, id, page" aria-label="Search" onKeyDown={first} />
      <Spotlight.ActionsList>
        {found.map(one => (
          <Spotlight.Action key={one.id} onClick={() => go(one.to)}>
            <span className="between grow">
              <span>{one.label}</span>
              <span className="dim">{one.note}</span>
            </span>
          </Spotlight.Action>
        ))}
        {found.length === 0 && (
          <Spotlight.Empty>{hits.isFetching || asked !== text ? 'Looking' : 'Nothing has that name'}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

const to = (label: string, note: string, path: string): Found => ({ id: path, label, note, to: path })
