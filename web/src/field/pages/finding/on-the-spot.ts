/** Whether a finding can still be put right on the spot, and what is wrong with an after-photo: the server's own rules. */
import { GeoFault, type LonLat } from '../../geo/coordinate'
import { canonical } from '../../geo/datum'
import { distanceM } from '../../geo/distance'
import type { PhotoOf, Position } from '../../sync'
import type { FindingRow } from './rows'

export const WITHIN_MS = 2 * 3600_000
export const SAME_PLACE_M = 50
const BEFORE_MS = 5 * 60_000

export type AfterFault = 'too-late' | 'before-the-finding' | 'elsewhere' | 'no-position'

/** States from which one step closes it. */
export function mayCloseAtOnce(finding: Pick<FindingRow, 'state' | 'found_at'>, now: Date): boolean {
  return ['submitted', 'verified'].includes(finding.state) && leftMs(finding, now) > 0
}

/** Milliseconds that are left for an after-photo. */
export function leftMs(finding: Pick<FindingRow, 'found_at'>, now: Date): number {
  return Date.parse(finding.found_at) + WITHIN_MS - now.getTime()
}

/** What keeps an after-photo from showing it; null when it does. */
export function afterFault(
  finding: Pick<FindingRow, 'found_at' | 'position' | 'location'>,
  photo: Pick<PhotoOf, 'capturedAt' | 'position'>,
): AfterFault | null {
  const [taken, found] = [Date.parse(photo.capturedAt), Date.parse(finding.found_at)]
  if (taken > found + WITHIN_MS) return 'too-late'
  if (taken < found - BEFORE_MS) return 'before-the-finding'
  const [before, after] = [placeOf(finding.position, finding.location), placeOf(photo.position)]
  if (before === null || after === null) return 'no-position'
  const unsure = (finding.position?.accuracy_m ?? 0) + (photo.position?.accuracy_m ?? 0)
  return distanceM(before, after) <= SAME_PLACE_M + unsure ? null : 'elsewhere'
}

/** In CGCS2000; a position that is none in its datum is no place. */
function placeOf(position: Position | null, location: FindingRow['location'] = null): LonLat | null {
  if (location !== null) return [location.lon, location.lat]
  try {
    return position && canonical(position.lon, position.lat, position.datum)
  } catch (error) {
    if (error instanceof GeoFault) return null
    throw error
  }
}
