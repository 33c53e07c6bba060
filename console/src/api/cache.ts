/** Answers that pages share, and how long a question is asked again where the API is away or has too much to do. */
import { QueryCache, QueryClient } from '@tanstack/react-query'
import { Away, Refusal } from './client'

const MOST_TIMES = 5
const isEnded = (error: Error) => error instanceof Refusal && error.status === 401
const retry = (times: number, error: Error) =>
  error instanceof Away || (error instanceof Refusal && error.status === 503 && times < MOST_TIMES)

export const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (isEnded(error) && queryKey[0] !== 'me') void cache.invalidateQueries({ queryKey: ['me'] })
    },
  }),
  defaultOptions: {
    queries: { retry, retryDelay: times => Math.min(4000, 500 * 2 ** times), staleTime: 2000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
})

/** Every list and object of the API is asked for anew: after a change. */
export const refresh = () =>
  void cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/v1.0/') })
