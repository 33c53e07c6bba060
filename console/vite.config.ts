import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const out = 'build/dist'

/** Beside each file of the bundle the same in gzip and brotli, so that the API compresses nothing. */
const compressed: Plugin = {
  name: 'compressed',
  closeBundle() {
    for (const name of readdirSync(out, { recursive: true }) as string[]) {
      if (!/\.(js|css|svg)$/.test(name)) continue
      const path = join(out, name)
      const bytes = readFileSync(path)
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    }
  },
}

/** What pages with lists need beside the first page, and what the first page needs. */
const LISTS =
  /\/src\/api\/(filters|countries)|\/src\/parts\/(paging|filter|country|pickers|saved|labels|InPlace|CopyAs)|\/components\/(NumberInput|Combobox|Select|Switch)\//
const FIRST =
  /\/src\/(api\/(?!forms|filters|countries)|frame\/(?!DemoBar|Search)|main|theme|styles|parts\/(basics|calls|charts|figures|Grid|health|keys|later|sentences|stats|tested|traffic|window))|\/src\/pages\/Overview/

/** In the page, the files of the bundle that each page of the console needs beside the first ones: public/first.js has them
 * loaded while the first ones are. Names of pages are the first part of their address. */
const pages: Plugin = {
  name: 'pages',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter(one => one.type === 'chunk')
      const of = new Map(chunks.map(chunk => [chunk.fileName, chunk]))
      const needed = (name: string): string[] => [name, ...(of.get(name)?.imports ?? []).flatMap(needed)]
      const files = chunks.flatMap(({ facadeModuleId, fileName }) => {
        const page = /\/src\/pages\/(\w+)\.tsx$/.exec(facadeModuleId ?? '')?.[1]?.toLowerCase()
        if (!page) return []
        const own = [...new Set(needed(fileName))].filter(name => !html.includes(name))
        return [[page === 'overview' ? '' : page, own] as const]
      })
      return html.replace(
        'name="pages" content="{}"',
        `name="pages" content='${JSON.stringify(Object.fromEntries(files))}'`,
      )
    },
  },
}

export default defineConfig(({ command }) => ({
  base: command === 'build' ? './' : '/ui/', // relative: the API may be below a path
  logLevel: 'warn',
  plugins: [react(), pages, compressed],
  build: {
    outDir: out,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // few files: each is a request of its own before a page can be used
          groups: [
            { name: 'lists', test: LISTS, priority: 1 },
            { name: 'first', test: FIRST, priority: 2 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/v1.0': 'http://127.0.0.1:8080',
      '/auth': 'http://127.0.0.1:8080',
      '/openapi.json': 'http://127.0.0.1:8080',
    },
  },
}))
