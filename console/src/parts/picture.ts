/** A drawn picture as a file of its own: its styles are written into it. */

const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'paint-order',
] as const

export function savePicture(id: string, name: string) {
  const drawn = document.getElementById(id)
  if (!drawn) return
  const copy = drawn.cloneNode(true) as SVGElement
  const from = [drawn, ...drawn.querySelectorAll('*')]
  for (const [i, element] of [copy, ...copy.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(from[i] as Element)
    element.setAttribute('style', STYLES.map(property => `${property}:${style.getPropertyValue(property)}`).join(';'))
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.style.background = getComputedStyle(document.documentElement).getPropertyValue('--panel')
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }))
  link.download = `${name}.svg`
  link.click()
  URL.revokeObjectURL(link.href)
}
