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
const PAUSE_MS = 1000
const CHANNEL = 'dialplane'

const stale = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

/** At most once a second, however much happens. */
function note(event: string) {
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
    others.onmessage = ({ data }) => note(String(data))
    const ended = new AbortController()
    void navigator.locks
      ?.request(CHANNEL, { signal: ended.signal }, () => {
        const stream = new EventSource(address('/v1.0/stream'))
        for (const event of Object.keys(OLD)) {
          stream.addEventListener(event, () => {
            note(event)
            others.postMessage(event)
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
