/** A bar at the top of the page while something takes longer than a second: a first answer, or a change. */
import { useIsFetching, useIsMutating } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

const LONG_MS = 1000

export function Slow() {
  // what is asked for again keeps its old answer meanwhile, and needs no bar
  const fetching = useIsFetching({ predicate: ({ state }) => state.data === undefined })
  const isBusy = useIsMutating() + fetching > 0
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (!isBusy) return
    const timer = setTimeout(() => setSlow(true), LONG_MS)
    return () => clearTimeout(timer)
  }, [isBusy])
  return isSlow ? <div className="progress" role="progressbar" aria-label="Under way" /> : null
}
