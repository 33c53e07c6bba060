/** Text for the clipboard: a link, a request as curl. */
import { Button, CopyButton as Copying } from '@mantine/core'
import type { ReactNode } from 'react'
import { address, type Query } from '../api/client'

export const CopyButton = ({ what, children }: { what: string; children: ReactNode }) => (
  <Copying value={what}>
    {({ copied, copy }) => (
      <Button variant="default" onClick={copy}>
        {copied ? 'Copied' : children}
      </Button>
    )}
  </Copying>
)

export const curl = (path: string, query: Query = {}) =>
  `curl -s '${location.origin}${address(path, query)}' -H "Authorization: Bearer $DIALPLANE_TOKEN"`
