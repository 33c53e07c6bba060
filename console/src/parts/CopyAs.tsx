/** Text for the clipboard: a link, a request as curl. */
import { Button, CopyButton as Copying } from '@mantine/core'
import type { ReactNode } from 'react'
import { address, type Query } from '../api/client'
import { sentence } from './sentences'

export const CopyButton = ({ what, children }: { what: string; children: ReactNode }) => (
  <Copying value={what}>
    {({ copied, copy }) => (
      <Button variant="default" onClick={copy}>
        {copied ? 'Copied' : children}
      </Button>
    )}
  </Copying>
)

/** Text for programs, as it stands; it is scrolled where it is wider than its place. */
export const Code = ({ text }: { text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <pre className="code" tabIndex={0}>
    {text}
  </pre>
)

export const curl = (path: string, query: Query = {}) =>
  sentence('as_curl', { url: location.origin + address(path, query) })
