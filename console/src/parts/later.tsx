/** A part of the console whose code is loaded when it is first drawn, or before. */
import { type ComponentType, lazy, useState } from 'react'

/** `ask`: requests what is shown first, before it is drawn. */
type Module<P> = { default: ComponentType<P>; ask?: () => void }

/** What has been loaded before it is drawn needs no Suspense: React shows a fallback for 300 ms at least, once it shows one. */
export function later<P extends object>(load: () => Promise<Module<P>>) {
  let ready: ComponentType<P> | undefined
  const loading = () =>
    load().then(module => {
      ready = module.default
      return module
    })
  const Waited = lazy(loading)
  function Later(props: P) {
    const [Shown] = useState<ComponentType<P>>(() => ready ?? (Waited as unknown as ComponentType<P>))
    return <Shown {...props} />
  }
  return Object.assign(Later, { load: loading })
}
