/** Whether whoever is signed in has tested a number in this browser: a step to the first call. */
import { useLocalStorage } from '@mantine/hooks'
import { useEffect } from 'react'
import { useMe } from '../api/queries'

/** `now`: one is tested at this moment. */
export function useTested(now = false) {
  const key = `dialplane-tested-${useMe().data?.username ?? ''}`
  const [tested, set] = useLocalStorage({ key, defaultValue: false, getInitialValueInEffect: false })
  useEffect(() => {
    if (now) set(true)
  }, [now, set])
  return tested
}
