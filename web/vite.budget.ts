// A build fails when the first load of one of its pages weighs more than it may: the app's own files, the words of the
// larger language, and the page with all that it imports, each packed as it is sent. Maps and charts are counted apart:
// they are drawn once the rest can be used.
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const APART = /node_modules\/(maplibre-gl|echarts|zrender)\//
const WORDS = /\/words\/(zh-CN|en)\.ts$/
const KIB = 1024

/** A file of the build, as far as its weight goes. */
export interface Chunk {
  size: number
  entry: boolean
  imports: readonly string[]
  module: string | null
  apart: boolean
}

/** What each page of an app weighs at first, in bytes, by its module; the heaviest first. */
export function firstLoads(chunks: ReadonlyMap<string, Chunk>): [string, number][] {
  const closure = (start: readonly string[], found = new Set<string>()): Set<string> => {
    for (const name of start) {
      const chunk = chunks.get(name)
      if (!chunk || chunk.apart || found.has(name)) continue
      found.add(name)
      closure(chunk.imports, found)
    }
    return found
  }
  const weight = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + (chunks.get(name)?.size ?? 0), 0)
  const all = [...chunks]
  const entries = all.filter(([, chunk]) => chunk.entry).map(([name]) => name)
  const words = all.filter(([, chunk]) => WORDS.test(chunk.module ?? '')).sort(([, a], [, b]) => b.size - a.size)
  const first = [...entries, ...words.slice(0, 1).map(([name]) => name)]
  const pages = all.filter(([, chunk]) => /\/pages\/.*\.vue$/.test(chunk.module ?? ''))
  return pages
    .map(([name, chunk]): [string, number] => [chunk.module!, weight(closure([...first, name]))])
    .sort(([, a], [, b]) => b - a)
}

export function budget(kib: number): Plugin {
  return {
    name: 'bluegrid-budget',
    generateBundle(_options, bundle) {
      const chunks = new Map<string, Chunk>()
      const packed = (data: string | Uint8Array): number => gzipSync(data, { level: 9 }).length
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type !== 'chunk') continue
        const styles = (file as { viteMetadata?: { importedCss?: Set<string> } }).viteMetadata?.importedCss ?? []
        const size = [...styles].reduce((sum, css) => {
          const asset = bundle[css]
          return sum + (asset?.type === 'asset' ? packed(asset.source) : 0)
        }, packed(file.code))
        const { isEntry: entry, imports, facadeModuleId: module } = file
        const apart = file.moduleIds.some((id) => APART.test(id))
        chunks.set(name, { size, entry, imports, module, apart })
      }
      const [heaviest] = firstLoads(chunks)
      if (heaviest === undefined) return
      const [page, bytes] = heaviest
      const said = `${page.replace(/^.*\/pages\//, '')} loads ${(bytes / KIB).toFixed(0)} KiB at first; ${kib} KiB it may.`
      if (bytes > kib * KIB) this.error(said)
      this.info(said)
    },
  }
}
