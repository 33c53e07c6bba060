/** What is around every page: navigation, search, the edges' state, who is signed in. */
import { ActionIcon, Menu, Modal, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconHelp, IconKey, IconKeyboard, IconMoon, IconSearch, IconSun, IconUserCircle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Fragment, lazy, type ReactNode, Suspense, useEffect, useReducer, useState, useSyncExternalStore } from 'react'
import { Link, useLocation } from 'wouter'
import { connection, request } from '../api/client'
import { useLive } from '../api/live'
import { CONSOLE, HOME } from '../api/place'
import { type AccessKey, type Edge, useMay, useMe, usePage } from '../api/queries'
import { EXPIRING_DAYS, MAX_PAGE_SIZE } from '../api/tables'
import { zone } from '../api/time'
import { Dot } from '../parts/basics'
import { warningsOf } from '../parts/edges'
import { count } from '../parts/figures'
import { useKeys } from '../parts/keys'
import { sentence } from '../parts/sentences'
import { PAGES } from './pages'
import { Slow } from './Slow'

const Search = lazy(() => import('./Search'))
const DemoBar = lazy(() => import('./DemoBar'))

export function Frame({ children }: { children: ReactNode }) {
  useLive()
  const [path, go] = useLocation()
  const may = useMay()
  const [help, setHelp] = useState(false)
  const [searching, setSearching] = useState(false)
  const pages = PAGES.filter(({ needs }) => may(needs))
  useKeys({
    '?': () => setHelp(true),
    '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
    ...Object.fromEntries(pages.map(page => [`g ${page.key}`, () => go(page.path)])),
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'k') return
      event.preventDefault()
      setSearching(true)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  const here = [...pages]
    .reverse()
    .find(page => path === page.path || (page.path !== '/' && path.startsWith(`${page.path}/`)))
  useEffect(() => {
    document.title = here ? `${here.title} · Dialplane` : 'Dialplane'
  }, [here])
  const awaySince = useSyncExternalStore(connection.subscribe, connection.awaySince)
  return (
    <div className={`shell ${awaySince === null ? '' : 'is-away'}`}>
      <header className="top">
        <a className="skip" href="#page">
          To the page
        </a>
        <Link href="/" className="brand">
          <img src={`${CONSOLE}/icon.svg`} alt="" /> <span>Dialplane</span>
        </Link>
        <button type="button" className="find" onClick={() => setSearching(true)}>
          <IconSearch size={14} />
          <span className="grow">Number, name, id, page</span>
          <kbd>Ctrl K</kbd>
        </button>
        <div className="row">
          {may('accesskey.list') && <Expiring />}
          {may('edge.list') && <EdgesState />}
          <ActionIcon variant="subtle" color="gray" aria-label="Keys" onClick={() => setHelp(true)}>
            <IconKeyboard size={17} stroke={1.6} />
          </ActionIcon>
          <ActionIcon
            component="a"
            variant="subtle"
            color="gray"
            aria-label="Help"
            href={`${HOME}/help/${here?.help ?? 'index'}.html`}
            target="_blank"
          >
            <IconHelp size={17} stroke={1.6} />
          </ActionIcon>
          <Scheme />
          <Who />
        </div>
      </header>
      {awaySince !== null ? <AwayBar since={awaySince} /> : <Slow />}
      <nav className="nav" aria-label="Pages">
        {pages.map(({ path: to, title, key, icon: Icon, part }) => (
          <Fragment key={to}>
            {part && <div className="part">{part}</div>}
            <Link href={to} aria-current={here?.path === to ? 'page' : undefined}>
              <Icon size={16} stroke={1.7} aria-hidden="true" />
              {title}
              <span className="key" aria-hidden="true">
                g {key}
              </span>
            </Link>
          </Fragment>
        ))}
      </nav>
      <main className="main" id="page" tabIndex={-1}>
        {children}
      </main>
      {may('demo.get') && (
        <Suspense>
          <DemoBar />
        </Suspense>
      )}
      {searching && (
        <Suspense>
          <Search pages={pages} onClose={() => setSearching(false)} />
        </Suspense>
      )}
      <Modal
        opened={help}
        onClose={() => setHelp(false)}
        title="Keys"
        size="md"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <dl className="facts keys">
          {[...KEYS, ...pages.map(page => [`g ${page.key}`, page.title] as const)].map(([key, what]) => (
            <Fragment key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </Fragment>
          ))}
        </dl>
      </Modal>
    </div>
  )
}

const KEYS = [
  ['Ctrl K', 'Search'],
  ['/', 'Filter of the page'],
  ['j k', 'Next, previous row'],
  ['Enter', 'Open the row'],
  ['x', sentence('key_select')],
  ['Alt ↑ ↓', sentence('key_move')],
  ['e', 'Edit'],
  ['n', 'New'],
  ['t', 'Test the row’s number'],
  ['z', sentence('key_undo')],
  ['[ ]', sentence('key_pages')],
  ['Esc', 'Close'],
] as const

function AwayBar({ since }: { since: number }) {
  const [, tick] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <div className="away" role="status">
      {sentence('away_for', { seconds: Math.round((Date.now() - since) / 1000) })}
    </div>
  )
}

function EdgesState() {
  const edges = usePage<Edge>('/v1.0/edges', {}, { every: 5 }).data?.result
  if (!edges?.length) return null
  const behind = edges.filter(edge => edge.state !== 'in_step')
  const warned = edges.flatMap(edge => warningsOf(edge).map(one => `${edge.name}: ${one.detail}`))
  const revision = Math.max(...edges.map(edge => edge.revision ?? 0))
  const title = [...behind.map(edge => `${edge.name}: ${edge.state_detail}`), ...warned].join(', ')
  return (
    <Link href="/edges" className="chip" title={title}>
      <Dot
        tone={behind.length ? 'bad' : warned.length ? 'warn' : 'good'}
        word={behind.length ? 'behind' : warned.length ? 'warned of' : 'in step'}
      />
      {behind.length
        ? `${behind.length} of ${edges.length} edges behind`
        : `${edges.length} ${edges.length === 1 ? 'edge' : 'edges'} in step`}
      <span className="dim num revision">rev {count(revision)}</span>
    </Link>
  )
}

/** Keys that expire soon, on every page: what uses one stops with it. */
function Expiring() {
  const keys = usePage<AccessKey>('/v1.0/accesskeys', { filter: 'is:expiring' }, { every: 300, stale: 60 })
  const { result = [], next_page_token } = keys.data ?? {}
  if (!result.length) return null
  const many = `${count(result.length)}${next_page_token && result.length === MAX_PAGE_SIZE ? '+' : ''}`
  const gaps = { count: many, days: EXPIRING_DAYS }
  const said = result.length === 1 ? sentence('key_expires', gaps) : sentence('keys_expire', gaps)
  return (
    <Link
      href="/keys?filter=is%3Aexpiring"
      className="chip warn expiring"
      aria-label={said}
      title={result.map(one => one.name || one.token_prefix).join(', ')}
    >
      <IconKey size={13} aria-hidden="true" /> <span>{said}</span>
    </Link>
  )
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={isDark ? 'Light' : 'Dark'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={17} stroke={1.6} /> : <IconMoon size={17} stroke={1.6} />}
    </ActionIcon>
  )
}

function Who() {
  const me = useMe().data
  const client = useQueryClient()
  const isUtc = zone.get() === 'UTC'
  if (!me) return null
  return (
    <Menu position="bottom-end" width={250} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="You">
          <IconUserCircle size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.username ?? me.name}
          <br />
          {me.role.replaceAll('_', ' ')} · {me.customer.name}
        </Menu.Label>
        <Menu.Item
          onClick={() => {
            zone.set(!isUtc)
            location.reload()
          }}
        >
          {isUtc ? sentence('time_zone_local') : 'Show times in UTC'}
        </Menu.Item>
        <Menu.Item
          onClick={() =>
            void request('DELETE', '/auth/session').finally(() => {
              client.clear()
              location.assign(`${CONSOLE}/`)
            })
          }
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
