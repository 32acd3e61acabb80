/** Is the evidence that an item asks for there? A lack is said, never a reason to lose an answer.
 *
 * As checklists/evidence.py: kind, length and place of each file are told by its hash; what is unknown counts as
 * whatever is needed.
 */
import type { Answer } from './answers'
import type { Evidence } from './pack'
import { prove, type Place } from './spots'

/** What is known of one file. */
export interface Media {
  kind?: 'photo' | 'film' | 'audio' | 'document' | null
  seconds?: number | null
  lon?: number | null
  lat?: number | null
  accuracy_m?: number | null
}

/** The gate from which photo offsets are measured, and the bearing of the road there, where it is known. */
export interface Gate {
  place: Place
  bearing_deg?: number | null
}

/** Missing or doubtful evidence; `count` files concerned. */
export interface Lack {
  kind: string
  reason: 'missing' | 'too-long' | 'misplaced' | 'inaccurate' | 'unlocated'
  count: number
}

export type MediaByHash = Record<string, Media>

const FILES = ['photo', 'film', 'audio', 'document'] as const

/** The evidence that is asked for; what is marked `fail` counts for a failed duty only. */
export function asked(evidence: readonly Evidence[], failed: boolean): Evidence[] {
  return evidence.filter((each) => failed || each.when === 'always')
}

/** What an answer lacks of its item's evidence. `positioned`: the inspection itself has a position. */
export function lacks(
  answer: Answer,
  failed: boolean,
  media: MediaByHash,
  gate: Gate | null = null,
  positioned = false,
): Lack[] {
  const wanted = asked(answer.item.evidence, failed)
  const found = missingFiles(wanted, answer.photos, media)
  for (const each of wanted) {
    const absent =
      (each.kind === 'position' && answer.position === null && !positioned) ||
      (each.kind === 'number' && answer.value === null)
    if (absent) found.push({ kind: each.kind, reason: 'missing', count: 1 })
    if (each.kind === 'film') {
      const long = answer.photos.filter((sha) => (media[sha]?.seconds ?? 0) > (each.max_seconds ?? 0)).length
      if (long > 0) found.push({ kind: 'film', reason: 'too-long', count: long })
    }
    if (each.offsets_m.length > 0) found.push(...offsetLacks(each, answer.photos, media, gate))
  }
  return found
}

/** Files short of each kind. A paper may be photographed: photos to spare count as documents. */
function missingFiles(wanted: Evidence[], photos: string[], media: MediaByHash): Lack[] {
  const have = { photo: 0, film: 0, audio: 0, document: 0 }
  let spare = 0
  for (const sha of photos) {
    const kind = media[sha]?.kind
    if (kind) have[kind]++
    else spare++
  }
  const want = Object.fromEntries(
    FILES.map((kind) => [kind, wanted.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.count, 0)]),
  ) as typeof have
  const photographed = Math.min(Math.max(0, have.photo - want.photo), Math.max(0, want.document - have.document))
  have.photo -= photographed
  have.document += photographed
  return FILES.flatMap((kind): Lack[] => {
    const short = Math.max(0, want[kind] - have[kind])
    const filled = Math.min(short, spare)
    spare -= filled
    return short > filled ? [{ kind, reason: 'missing', count: short - filled }] : []
  })
}

/** The wanted spots along the road that no photo proves, by reason. */
function offsetLacks(wanted: Evidence, photos: string[], media: MediaByHash, gate: Gate | null): Lack[] {
  const places = photos.flatMap((sha): Place[] => {
    const { lon, lat, accuracy_m } = media[sha] ?? {}
    return lon === null || lon === undefined || lat === null || lat === undefined ? [] : [{ lon, lat, accuracy_m }]
  })
  if (gate === null || places.length < wanted.offsets_m.length)
    return [{ kind: 'photo', reason: 'unlocated', count: Math.max(1, wanted.offsets_m.length - places.length) }]
  const spots = prove(gate.place, places, gate.bearing_deg ?? null, wanted.offsets_m, wanted.tolerance_m ?? 0)
  const open = spots.filter((spot) => !spot.proven)
  const inaccurate = open.filter((spot) => spot.flag === 'inaccurate').length
  const misplaced = open.length - inaccurate
  return [
    ...(inaccurate > 0 ? [{ kind: 'photo', reason: 'inaccurate', count: inaccurate } as const] : []),
    ...(misplaced > 0 ? [{ kind: 'photo', reason: 'misplaced', count: misplaced } as const] : []),
  ]
}
