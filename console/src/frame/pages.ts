/** The pages: where they are, which key goes there, what a role needs to see them. */
import {
  IconActivity,
  IconBuilding,
  IconHistory,
  IconKey,
  IconPhone,
  IconPhoneCheck,
  IconPlugConnected,
  IconRoute,
  IconServer2,
  IconSettings,
  IconUsers,
  IconWorld,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { CONSOLE } from '../api/place'
import type { Operation } from '../api/tables'
import { Chart } from '../parts/charts'
import { later } from '../parts/later'

type Entry = {
  path: string
  title: string
  key: string
  needs: Operation
  icon: typeof IconActivity
  page: ComponentType & { load: () => Promise<{ ask?: () => void }> }
  part?: string
  /** The page of the help that says more, without `.html`. */
  help: string
}

/** Load the page of this address while it is still being found out who is here, and have its first answers asked for as
 * soon as that is known. */
export function preload() {
  const path = location.pathname.slice(CONSOLE.length) || '/'
  const page = PAGES.findLast(one => one.path === '/' || path.startsWith(one.path))?.page
  void Promise.all([page?.load(), window.early]).then(
    ([module, answer]) => answer?.ok && module?.ask?.(),
    () => undefined, // drawing it fails too, and says so
  )
}

export const PAGES: Entry[] = [
  {
    path: '/',
    title: 'Overview',
    key: 'o',
    needs: 'stats.list',
    help: 'tutorials/first-call',
    icon: IconActivity,
    page: later(() => {
      void Chart.load()
      return import('../pages/Overview')
    }),
  },
  {
    path: '/calls',
    title: 'Calls',
    key: 'c',
    needs: 'call.list',
    help: 'api/calls',
    icon: IconPhone,
    page: later(() => import('../pages/Calls')),
  },
  {
    path: '/test',
    title: 'Test a number',
    key: 't',
    needs: 'dialroute.list',
    help: 'domain',
    icon: IconPhoneCheck,
    page: later(() => import('../pages/Test')),
  },
  {
    path: '/routes',
    title: 'Routes',
    key: 'r',
    needs: 'route.list',
    help: 'api/routes',
    icon: IconRoute,
    page: later(() => import('../pages/Routes')),
    part: 'Routing',
  },
  {
    path: '/providers',
    title: 'Providers',
    key: 'p',
    needs: 'provider.list',
    help: 'api/providers',
    icon: IconServer2,
    page: later(() => import('../pages/Providers')),
  },
  {
    path: '/changes',
    title: 'Changes',
    key: 'h',
    needs: 'revision.list',
    help: 'api/revisions',
    icon: IconHistory,
    page: later(() => import('../pages/Changes')),
  },
  {
    path: '/customers',
    title: 'Customers',
    key: 'u',
    needs: 'customer.list',
    help: 'api/customers',
    icon: IconBuilding,
    page: later(() => import('../pages/Customers')),
    part: 'Who calls',
  },
  {
    path: '/trunks',
    title: 'Trunks',
    key: 'k',
    needs: 'trunk.list',
    help: 'api/trunks',
    icon: IconPlugConnected,
    page: later(() => import('../pages/Trunks')),
  },
  {
    path: '/keys',
    title: 'Keys',
    key: 'a',
    needs: 'accesskey.list',
    help: 'api/accesskeys',
    icon: IconKey,
    page: later(() => import('../pages/Keys')),
    part: 'This platform',
  },
  {
    path: '/people',
    title: 'People',
    key: 'l',
    needs: 'agent.list',
    help: 'api/accesskeys',
    icon: IconUsers,
    page: later(() => import('../pages/People')),
  },
  {
    path: '/edges',
    title: 'Edges',
    key: 'e',
    needs: 'edge.list',
    help: 'operations/nodes-and-edges',
    icon: IconWorld,
    page: later(() => import('../pages/Edges')),
  },
  {
    path: '/settings',
    title: 'Settings',
    key: 's',
    needs: 'settings.get',
    help: 'reference/settings',
    icon: IconSettings,
    page: later(() => import('../pages/Settings')),
  },
]
