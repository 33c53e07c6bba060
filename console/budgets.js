/** The sizes that the bundle must stay below, in kB of gzip: what the first page loads, and any page loaded later. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const FIRST_KB = 250
const LAZY_KB = 80
/** Loaded with the first page, beside what index.html has for it: the one font that Latin text needs. */
const WITH_FIRST = /^inter-latin-wght-normal.*\.woff2$/

const dist = process.argv[2] ?? ''
const PAGES = /name="pages" content='(.*?)'/
const whole = readFileSync(join(dist, 'index.html'), 'utf8')
const pages = PAGES.exec(whole)?.[1]
if (!pages) throw new Error('index.html does not say what each page needs')
const index = whole.replace(PAGES, (JSON.parse(pages)[''] ?? []).join(' '))
let first = 0
let failed = false
for (const name of readdirSync(join(dist, 'assets'))) {
  const isFont = name.endsWith('.woff2')
  if (!isFont && !name.endsWith('.gz')) continue
  const source = name.replace(/\.gz$/, '')
  const kB = statSync(join(dist, 'assets', name)).size / 1000
  if (index.includes(source) || WITH_FIRST.test(source)) first += kB
  else if (kB > LAZY_KB && !isFont) {
    console.error(`${source}: ${kB.toFixed(1)} kB, of ${LAZY_KB} that a page loaded later may have`)
    failed = true
  }
}
console.log(`console: first load ${first.toFixed(1)} of ${FIRST_KB} kB`)
process.exit(failed || first > FIRST_KB ? 1 : 0)
