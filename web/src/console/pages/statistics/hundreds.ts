/** The 100 % rates of the sixes and the nine: lines by set, and what their items are called. */
import type { Api } from '../../api'
import type { Share } from './figures'

export interface HundredLine {
  set: string
  set_name: { zh: string; en: string }
  plan: string
  clause: string
  confidence: string
  code: string | null
  name: string | null
  all: Share & { query: string; query_of_all: string }
  items: (Share & { item: string; query: string })[]
}

export interface HundredSet {
  code: string
  name: { zh: string; en: string }
  clause: string
  confidence: string
  items: string[]
  lines: HundredLine[]
}

/** The sets in the order in which the API has them, each with its places. */
export function setsOf(lines: readonly HundredLine[]): HundredSet[] {
  const sets = new Map<string, HundredSet>()
  for (const line of lines) {
    const known = sets.get(line.set)
    if (known) known.lines.push(line)
    else
      sets.set(line.set, {
        code: line.set,
        name: line.set_name,
        clause: line.clause,
        confidence: line.confidence,
        items: line.items.map((each) => each.item),
        lines: [line],
      })
  }
  return [...sets.values()]
}

interface Version {
  code: string
  version: string
  pack: string
  published_at: string
}
interface Pack {
  items: { code: string; text: { zh: string; en: string } }[]
}
export type ItemTexts = ReadonlyMap<string, { zh: string; en: string }>

/** The newest version of each checklist whose code begins so. */
export function newestOf<T extends Pick<Version, 'code' | 'published_at'>>(versions: readonly T[], begin: string): T[] {
  const newest = new Map<string, T>()
  for (const each of versions) {
    const known = newest.get(each.code)
    if (each.code.startsWith(begin) && (!known || known.published_at <= each.published_at)) newest.set(each.code, each)
  }
  return [...newest.values()]
}

let texts: Promise<ItemTexts> | null = null

/** What the items of the sets ask, read once from the checklists of dust, which never change. */
export function itemTexts(api: Pick<Api, 'get'>): Promise<ItemTexts> {
  texts ??= read(api).catch((error: unknown) => {
    texts = null
    throw error
  })
  return texts
}

async function read(api: Pick<Api, 'get'>): Promise<ItemTexts> {
  const { items } = await api.get<{ items: Version[] }>('/checklists')
  const packs = await Promise.all(newestOf(items, 'dust-').map((each) => api.get<Pack>(`/packs/${each.pack}`)))
  return new Map(packs.flatMap((pack) => pack.items).map((item) => [item.code, item.text]))
}
