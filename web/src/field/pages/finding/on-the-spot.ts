/** Whether a finding can still be put right on the spot, and what is wrong with an after-photo: the server's own rules. */
import type { PhotoOf, Position } from '../../sync'
import { metresBetween } from '../inspection/nearest'
import type { FindingRow } from './rows'

export const WITHIN_MS = 2 * 3600_000
export const SAME_PLACE_M = 50
const BEFORE_MS = 5 * 60_000

type Place = { lon: number; lat: number; accuracy_m: number | null }
export type AfterFault = 'too-late' | 'before-the-finding' | 'elsewhere' | 'no-position'

/** States from which one step closes it. */
export function mayCloseAtOnce(finding: Pick<FindingRow, 'state' | 'found_at'>, now: Date): boolean {
  return ['submitted', 'verified'].includes(finding.state) && leftMs(finding, now) > 0
}

/** Milliseconds that are left for an after-photo. */
export function leftMs(finding: Pick<FindingRow, 'found_at'>, now: Date): number {
  return Date.parse(finding.found_at) + WITHIN_MS - now.getTime()
}

/** What keeps an after-photo from showing it; null when it does. A datum is never guessed: two are not compared. */
export function afterFault(
  finding: Pick<FindingRow, 'found_at' | 'position' | 'location'>,
  photo: Pick<PhotoOf, 'capturedAt' | 'position'>,
): AfterFault | null {
  const [taken, found] = [Date.parse(photo.capturedAt), Date.parse(finding.found_at)]
  if (taken > found + WITHIN_MS) return 'too-late'
  if (taken < found - BEFORE_MS) return 'before-the-finding'
  const before = placeOf(finding)
  if (photo.position === null || before === null) return 'no-position'
  if (datumOf(photo.position) !== before.datum) return null
  const unsure = (before.accuracy_m ?? 0) + (photo.position.accuracy_m ?? 0)
  return metresBetween(before, photo.position) <= SAME_PLACE_M + unsure ? null : 'elsewhere'
}

function placeOf({
  position,
  location,
}: Pick<FindingRow, 'position' | 'location'>): (Place & { datum: string }) | null {
  if (position !== null) return { ...position, datum: datumOf(position) }
  return location === null ? null : { ...location, accuracy_m: null, datum: 'WGS84' }
}

/** CGCS2000 and WGS 84 are the same to a tenth of a millimetre. */
function datumOf({ datum }: Position): string {
  return datum === 'CGCS2000' ? 'WGS84' : datum
}
