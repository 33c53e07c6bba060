// Before anything is drawn: light or dark as chosen here, or else as the system has it. And while the code still comes:
// what the page of this address needs, and who is here.
{
  const chosen = localStorage.getItem('mantine-color-scheme-value')
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')

  const of = name => document.querySelector(`meta[name=${name}]`).content
  const below = `${of('prefix')}/ui/`
  window.early = fetch(`${of('prefix')}/v1.0/me`, { headers: { 'X-Dialplane-Console': '1' } })
  window.early.catch(() => undefined) // whoever takes it sees that it failed
  const page = location.pathname.slice(below.length).split('/')[0]
  for (const file of JSON.parse(of('pages'))[page] ?? []) {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href: below + file }))
  }
}
