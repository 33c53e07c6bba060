/** What happens, as it happens: one tab of a browser reads the API's stream and passes it on to the others, since a browser
 * opens six connections to a host. Lists that are shown are asked for anew when something of theirs has changed. */
import { useEffect } from 'react'
import { cache } from './cache'
import { address } from './client'

/** Event -> the paths that it makes old. */
const OLD: Record<string, string[]> = {
  call: ['/v1.0/calls'],
  health: ['/v1.0/providers'],
  breaker: ['/v1.0/providers'],
  edge: ['/v1.0/edges'],
  revision: ['/v1.0/'],
  reset: ['/v1.0/'],
}
/** An event, and of one of a revision its number. */
type News = [event: string, revision?: number]
const PAUSE_MS = 1000
const CHANNEL = 'dialplane'

/** Revisions that this window has made, and all that it has heard of. */
const own = new Set<number>()
const heard = new Set<number>()

export const isOurs = (revision: number | null) => void (revision && own.add(revision))

/** How many revisions this window has made, and how many of others it has heard of. */
export const revisions = () => ({ ours: own.size, others: [...heard].filter(one => !own.has(one)).length })

const stale = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

/** At most once a second, however much happens. */
function note([event, revision]: News) {
  if (revision) heard.add(revision)
  for (const path of OLD[event] ?? []) stale.add(path)
  if (timer) return
  timer = setTimeout(() => {
    const paths = [...stale]
    stale.clear()
    timer = undefined
    if (document.hidden) return
    void cache.invalidateQueries({
      predicate: ({ queryKey }) => paths.some(path => String(queryKey[0]).startsWith(path)),
    })
  }, PAUSE_MS)
}

export function useLive() {
  useEffect(() => {
    const others = new BroadcastChannel(CHANNEL)
    others.onmessage = ({ data }) => note(data as News)
    const ended = new AbortController()
    void navigator.locks
      ?.request(CHANNEL, { signal: ended.signal }, () => {
        const stream = new EventSource(address('/v1.0/stream'))
        for (const event of Object.keys(OLD)) {
          stream.addEventListener(event, ({ data }) => {
            const news: News = event === 'revision' ? [event, JSON.parse(data).number] : [event]
            note(news)
            others.postMessage(news)
          })
        }
        return new Promise<void>(done => {
          ended.signal.addEventListener('abort', () => {
            stream.close()
            done()
          })
        })
      })
      .catch(() => undefined)
    return () => {
      ended.abort()
      others.close()
    }
  }, [])
}
