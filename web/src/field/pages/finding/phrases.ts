/** What the checklists on this device say of a topic, for a free finding: ready phrases, and the duties themselves. */
import type { Item, Pack, Text } from '../../checklists'
import type { Severity } from './rows'

export interface Phrase {
  text: Text
  item: string
  severity: Severity
}

const WEIGHT = { serious: 0, moderate: 1, minor: 2 }

/** A duty that a finding may name. */
export interface Duty {
  code: string
  text: Text
  severity: Severity
}

/** Duties of a topic's packs that hold for this kind of site, each once, in the packs' order. */
export function dutiesOf(packs: readonly Pack[], topic: string, kind: string | null): Duty[] {
  const found = new Map<string, Duty>()
  for (const { item, severity } of itemsOf(packs, topic, kind))
    if (!found.has(item.code)) found.set(item.code, { code: item.code, text: item.text, severity })
  return [...found.values()]
}

/** Distinct phrases of a topic's duties, the gravest first; at most `most`. */
export function phrasesOf(packs: readonly Pack[], topic: string, kind: string | null, most = 12): Phrase[] {
  const found = new Map<string, Phrase>()
  for (const { item, severity } of itemsOf(packs, topic, kind)) {
    const text = item.phrases[0]
    if (text && !found.has(text.zh)) found.set(text.zh, { text, item: item.code, severity })
  }
  return [...found.values()].sort((one, two) => WEIGHT[one.severity] - WEIGHT[two.severity]).slice(0, most)
}

function itemsOf(packs: readonly Pack[], topic: string, kind: string | null): { item: Item; severity: Severity }[] {
  return packs
    .filter((pack) => pack.topic === topic)
    .flatMap((pack) => pack.items)
    .flatMap((item) => {
      const { site_kinds: kinds } = item.applies
      const here = kind === null || kinds.length === 0 || kinds.includes(kind)
      return item.archived === null && item.severity !== null && here ? [{ item, severity: item.severity }] : []
    })
}
