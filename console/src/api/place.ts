/** Below which path a reverse proxy serves all this, "" at the root: the API writes it into the page. */
const PREFIX = document.querySelector<HTMLMetaElement>('meta[name=prefix]')?.content ?? ''

/** The console's own path. */
export const CONSOLE = `${PREFIX}/ui`

/** Where the API is, for people who copy it. */
export const HOME = location.origin + PREFIX
