/** Work that was begun and not submitted, by what it is, so that nobody forgets it after a crash or a long lunch. */
import type { FieldDatabase } from '../../sync/database'

/** The beginnings of the keys of drafts, and where each kind is gone on with. */
const PLACES = { inspection: '/inspections', finding: '/findings' } as const

export type DraftKind = keyof typeof PLACES

export interface Begun {
  kind: DraftKind
  n: number
  to: string
}

export async function begun(db: FieldDatabase): Promise<Begun[]> {
  const kinds = Object.keys(PLACES) as DraftKind[]
  const counted = await Promise.all(
    kinds.map(async (kind) => ({
      kind,
      n: await db.drafts.where('key').startsWith(`${kind}|`).count(),
      to: PLACES[kind],
    })),
  )
  return counted.filter(({ n }) => n > 0)
}
