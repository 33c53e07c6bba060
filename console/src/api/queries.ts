/** What pages read and change, by the API's own paths: the one place between pages and requests. */
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { cache, refresh } from './cache'
import { type Answer, get, type Query, request, type Schemas } from './client'
import { MAX_PAGE_SIZE, type Operation } from './tables'

export type Route = Schemas['RouteAnswer']
export type Provider = Schemas['ProviderAnswer']
export type Customer = Schemas['CustomerAnswer']
export type Trunk = Schemas['TrunkAnswer']
export type AccessKey = Schemas['AccessKeyAnswer']
export type Agent = Schemas['AgentAnswer']
export type Call = Schemas['CallAnswer']
export type Edge = Schemas['EdgeAnswer']
export type Revision = Schemas['RevisionAnswer']
export type Me = Schemas['MeAnswer']
/** `names`: of what the objects refer to, by id; `count`: how many there are in all, if it was asked for. */
export type Page<T> = {
  result: T[]
  next_page_token: string
  names?: Record<string, string>
  count?: { about: number; exact: boolean }
}

const S = 1000
/** How many objects of a kind names are known of; beyond that an id's first digits stand for it. */
const NAMED = 1000

type Live = { every?: number; enabled?: boolean; stale?: number; version?: string }

/** An answer of one path, kept while the next one comes. `every`: seconds after which it is asked for again; `version`: of
 *  what it is made of, asked for anew where that is another. */
export function useAnswer<T>(path: string, query: Query = {}, { every, enabled, stale, version }: Live = {}) {
  return useQuery<T>({
    queryKey: version === undefined ? [path, query] : [path, query, version],
    queryFn: ({ signal }) => get<T>(path, query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: every && every * S,
    staleTime: (stale ?? 1) * S,
    enabled,
  })
}

/** Ask for an answer that a page is about to need. */
export const ask = (path: string, query: Query) =>
  void cache.prefetchQuery({ queryKey: [path, query], queryFn: () => get(path, query), retry: false })

export const usePage = <T>(path: string, query: Query = {}, live: Live = {}) => useAnswer<Page<T>>(path, query, live)

export const useMe = () =>
  useQuery<Me>({ queryKey: ['me'], queryFn: () => get<Me>('/v1.0/me'), retry: false, staleTime: 60 * S })

/** As many objects of a list as names are known of, as one page. */
async function many<T>(path: string, { page_token: begin, ...query }: Query): Promise<Page<T>> {
  const found: T[] = []
  let page_token = begin
  do {
    const page: Page<T> = await get<Page<T>>(path, { ...query, page_size: MAX_PAGE_SIZE, page_token })
    found.push(...page.result)
    page_token = page.result.length === MAX_PAGE_SIZE ? page.next_page_token : ''
  } while (page_token && found.length < NAMED)
  return { result: found, next_page_token: String(page_token ?? '') }
}

/** A page of so many objects that all of them are drawn together. */
export function useMany<T>(path: string, query: Query = {}) {
  return useQuery<Page<T>>({
    queryKey: [path, 'many', query],
    queryFn: () => many<T>(path, query),
    staleTime: 15 * S,
    placeholderData: keepPreviousData,
  })
}

export function useAll<T>(path: string, query: Query = {}, live: Live = {}) {
  return useQuery<T[]>({
    queryKey: [path, 'all', query],
    queryFn: async () => (await many<T>(path, query)).result,
    staleTime: (live.stale ?? 15) * S,
    refetchInterval: live.every && live.every * S,
    enabled: live.enabled,
    placeholderData: keepPreviousData,
  })
}

const may = (me: Me | undefined, operation: Operation) => !!me && (me.operations as string[]).includes(operation)
/** Whether the viewer's role may carry out an operation; what it may not do is not shown. */
export function useMay() {
  const me = useMe().data
  return (operation: Operation) => may(me, operation)
}

export const useProviders = () => useAll<Provider>('/v1.0/providers', {}, { enabled: useMay()('provider.list') })
export const useCustomers = () => useAll<Customer>('/v1.0/customers', {}, { enabled: useMay()('customer.list') })
export const useTrunks = () => useAll<Trunk>('/v1.0/trunks', {}, { enabled: useMay()('trunk.list') })

/** The name of an object by its id; the first digits of the id where none is known. */
export function useNames(more: Record<string, string> = {}): (id: string | null | undefined) => string {
  const me = useMe().data
  const kinds = [useProviders().data, useCustomers().data, useTrunks().data, me && [me.customer]]
  const names = new Map<string, string>()
  for (const objects of kinds)
    for (const object of objects ?? [])
      names.set(object.id, object.name || ('hostname' in object ? object.hostname : ''))
  return id => (id ? more[id] || names.get(id) || id.slice(0, 8) : '')
}

type Write = { method: 'POST' | 'PUT' | 'DELETE'; path: string; body?: unknown; ifMatch?: string | null; query?: Query }

/** One change; every list is asked for anew after it. */
export function useWrite<T = unknown>(onDone?: (answer: Answer<T>, write: Write) => void) {
  return useMutation<Answer<T>, Error, Write>({
    mutationFn: ({ method, path, body, ifMatch, query }) => request<T>(method, path, { body, ifMatch, query }),
    onSuccess: (answer, write) => {
      refresh()
      onDone?.(answer, write)
    },
  })
}
