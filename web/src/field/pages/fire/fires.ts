/** Fire points to be verified: which, in what order, and what an answer says. No Vue. */
import { bearing, distanceM } from '../../geo/distance'
import type { Named, PhotoRef, Point } from '../../rows'
import type { PhotoOf, Position } from '../../sync'

/** A row of the mirror, as far as it is read here. */
export interface FireRow {
  id: string
  number: string
  state: 'open' | 'answered' | 'merged'
  place: string | null
  first_at: string
  last_at: string
  reach_m: number
  sightings: number
  sources: string[]
  assignee: Named | null
  answered_by: Named | null
  answered_at: string | null
  outcome: Outcome | null
  merged_into: string | null
  location: Point
  cell: string | null
  /** The verdict on burning there and then. */
  zone: { outcome?: string; sentence?: { zh?: string; en?: string } }
  photos: PhotoRef[]
  arrived_at: string | null
  extinguished_at: string | null
  crop: string | null
  area_mu: number | null
  handling: string[]
  penalty_yuan: number | null
  note: string | null
}

export const OUTCOMES = ['straw', 'other', 'scorched', 'approved', 'ruled_out', 'not_found'] as const
export type Outcome = (typeof OUTCOMES)[number]
export const HANDLING = ['extinguished', 'educated', 'case_filed'] as const
/** Those that say that something burnt: then crop, area and handling are asked for. */
export const BURNT: readonly Outcome[] = ['straw', 'other', 'scorched', 'approved']

export interface Way {
  fire: FireRow
  metres: number | null
  /** Degrees from north, clockwise. */
  bearing: number | null
}

/** Open fire points: mine first, then those that nobody was sent to, then others'; the nearest first among them. */
export function toVerify(fires: FireRow[], me: string | null, at: Point | null): Way[] {
  const rank = ({ assignee }: FireRow): number => (assignee === null ? 1 : assignee.id === me ? 0 : 2)
  return fires
    .filter((fire) => fire.state === 'open')
    .map((fire) => ({ fire, ...wayTo(at, fire.location) }))
    .sort(
      (a, b) =>
        rank(a.fire) - rank(b.fire) ||
        (a.metres ?? 0) - (b.metres ?? 0) ||
        Date.parse(b.fire.last_at) - Date.parse(a.fire.last_at),
    )
}

export function wayTo(from: Point | null, to: Point): { metres: number | null; bearing: number | null } {
  if (from === null) return { metres: null, bearing: null }
  const [a, b] = [
    [from.lon, from.lat],
    [to.lon, to.lat],
  ] as const
  return { metres: distanceM(a, b), bearing: bearing(a, b) }
}

/** One of eight directions, as a key of a word: `n`, `ne`, … */
export function direction(degrees: number): string {
  return ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'][Math.round(degrees / 45) % 8]!
}

/** What is typed, as the draft keeps it: texts as they stand in their fields. */
export interface Answer {
  outcome: Outcome | null
  arrivedAt: string | null
  extinguishedAt: string | null
  crop: string
  areaMu: string
  handling: string[]
  penaltyYuan: string
  note: string
  photos: PhotoOf[]
}

export const EMPTY: Answer = {
  ...{ outcome: null, arrivedAt: null, extinguishedAt: null, crop: '', areaMu: '', handling: [] },
  ...{ penaltyYuan: '', note: '', photos: [] },
}

export type Fault = 'outcome' | 'area' | 'penalty' | 'order' | 'photo'
const MOST_MU = 100_000
const MOST_YUAN = 10_000_000

/** What has to be mended before the answer can go. Whoever was there has a photo, or says in the note why not. */
export function faultsOf(answer: Answer): Fault[] {
  const found: Fault[] = []
  if (answer.outcome === null) found.push('outcome')
  if (!fits(answer.areaMu, MOST_MU)) found.push('area')
  if (!fits(answer.penaltyYuan, MOST_YUAN)) found.push('penalty')
  const { arrivedAt, extinguishedAt } = answer
  if (arrivedAt !== null && extinguishedAt !== null && Date.parse(extinguishedAt) < Date.parse(arrivedAt))
    found.push('order')
  if (answer.photos.length === 0 && answer.note.trim() === '') found.push('photo')
  return found
}

function fits(text: string, most: number): boolean {
  const value = numberOf(text)
  return value === null || (value >= 0 && value <= most)
}

/** A number as people type it; null for nothing, NaN for what is none. */
export function numberOf(text: string): number | null {
  const plain = text.normalize('NFKC').replace(/[,\s]/g, '')
  return plain === '' ? null : Number(plain)
}

/** The arguments of `fire_point.verify`; what was not asked for with this outcome is not sent. */
export function argsOf(answer: Answer, position: Position | null): Record<string, unknown> {
  const burnt = answer.outcome !== null && BURNT.includes(answer.outcome)
  return {
    outcome: answer.outcome,
    arrived_at: answer.arrivedAt,
    extinguished_at: burnt ? answer.extinguishedAt : null,
    crop: burnt && answer.crop.trim() !== '' ? answer.crop.trim() : null,
    area_mu: burnt ? numberOf(answer.areaMu) : null,
    handling: burnt ? answer.handling : [],
    penalty_yuan: burnt ? numberOf(answer.penaltyYuan) : null,
    note: answer.note.trim() || null,
    photos: answer.photos.map((photo) => photo.sha256),
    position,
  }
}
