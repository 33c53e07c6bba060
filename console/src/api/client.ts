/** Requests to the API. Whatever it refuses is a Refusal with its own words; where it cannot be reached, Away. */
import { HOME } from './place'
import type { components } from './schema'

export type Schemas = components['schemas']
export type Detail = Schemas['DetailAnswer']
export type Query = Record<string, string | number | boolean | string[] | null | undefined>

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly requestId: string,
    readonly details: Detail[] = [],
  ) {
    super(message)
  }

  /** What it says about one field of the body. */
  field(name: string): string | undefined {
    return this.details.find(detail => detail.field === name)?.message
  }
}

export class Away extends Error {}

export type Answer<T> = { value: T; etag: string | null; revision: number | null }

type Options = { query?: Query; body?: unknown; ifMatch?: string | null; signal?: AbortSignal }

/** Statuses from here on are no words of the API's where they have no error of its own: a proxy's. */
const SERVER_ERRORS = 500

const listeners = new Set<() => void>()
let awaySince: number | null = null

/** Since when the API does not answer (ms); null while it does. For useSyncExternalStore. */
export const connection = {
  awaySince: () => awaySince,
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

function note(isAway: boolean) {
  if (isAway === (awaySince !== null)) return
  awaySince = isAway ? Date.now() : null
  for (const listener of listeners) listener()
}

export function address(path: string, query: Query = {}): string {
  const url = new URL(HOME + path)
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') url.searchParams.append(name, String(one))
    }
  }
  return url.pathname + url.search
}

declare global {
  interface Window {
    /** The answer to who is here, which public/first.js asked for before this code was there. */
    early?: Promise<Response>
  }
}

/** The answer that is on its way already, for the first who wants it. */
function early(method: string, path: string): Promise<Response> | undefined {
  if (method !== 'GET' || path !== '/v1.0/me') return undefined
  const answer = window.early
  window.early = undefined
  return answer
}

export async function request<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { 'X-Dialplane-Console': '1' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.ifMatch) headers['If-Match'] = options.ifMatch
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  let response: Response
  try {
    response = await (early(method, path) ??
      fetch(address(path, options.query), { method, headers, body, signal: options.signal }))
  } catch (error) {
    if (options.signal?.aborted) throw error
    note(true)
    throw new Away()
  }
  const answer = await response.json().catch(() => null)
  if (!response.ok && !answer?.error && response.status >= SERVER_ERRORS) {
    note(true)
    throw new Away()
  }
  note(false)
  if (!response.ok) throw refusal(response.status, answer?.error)
  return {
    value: answer as T,
    etag: response.headers.get('ETag'),
    revision: Number(response.headers.get('X-Revision')) || null,
  }
}

function refusal(status: number, error?: Schemas['ErrorBody']): Refusal {
  return new Refusal(
    status,
    error?.reason ?? '',
    error?.message ?? `HTTP ${status}`,
    error?.request_id ?? '',
    error?.details,
  )
}

export const get = async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  (await request<T>('GET', path, { query, signal })).value
