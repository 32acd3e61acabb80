/** Ready phrases for a free finding: those of the checklists on this device, by topic, the gravest duties first. */
import type { Pack, Text } from '../../checklists'
import type { Severity } from './rows'

export interface Phrase {
  text: Text
  item: string
  severity: Severity
}

const WEIGHT = { serious: 0, moderate: 1, minor: 2 }

/** Distinct phrases of a topic's packs that may be said at this kind of site; at most `most`. */
export function phrasesOf(packs: readonly Pack[], topic: string, kind: string | null, most = 12): Phrase[] {
  const found = new Map<string, Phrase>()
  for (const pack of packs.filter((each) => each.topic === topic))
    for (const item of pack.items) {
      const { site_kinds: kinds } = item.applies
      const here = kind === null || kinds.length === 0 || kinds.includes(kind)
      if (item.archived !== null || item.severity === null || !here) continue
      const text = item.phrases[0]
      if (text && !found.has(text.zh)) found.set(text.zh, { text, item: item.code, severity: item.severity })
    }
  return [...found.values()].sort((one, two) => WEIGHT[one.severity] - WEIGHT[two.severity]).slice(0, most)
}
