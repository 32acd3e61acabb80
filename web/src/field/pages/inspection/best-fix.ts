/** Which fix is the place of an inspection or a finding. No Vue.
 *
 * It is the best fix taken at the site, and never one from elsewhere: a draft is begun on the way, and its text may be
 * finished in the car or the office, where the sky is clearer.
 *
 * - A place put by hand stands.
 * - Of two fixes of which one lies at the registered place of the chosen site and the other does not, it is the one that does.
 * - Until something was done (an item answered, a photo taken), the place is open: a fix elsewhere means that she has
 *   moved on, and replaces the one before, however good that was; one that may be the same place has to be more accurate.
 * - From then on the place is where that was done. A fix counts while she is at it, so within half an hour of what she
 *   did last, and only where it may be the same place and is more accurate; without any place so far it is taken as it is.
 *
 * The position of a photo, and of a finding beside its inspection, is its own.
 */
import { GeoFault, type LonLat } from '../../geo/coordinate'
import { canonical } from '../../geo/datum'
import { distanceM } from '../../geo/distance'
import type { Position } from '../../sync'

/** From the registered point of a site to its far corner: works, mines and quarries are large. */
export const SITE_M = 1_000
/** What one walks about at a site. */
export const WALK_M = 300
/** So long after she did something the inspector counts as still being where she did it. */
export const AT_IT_MS = 30 * 60_000

export interface Doing {
  /** When something was last done at the site, RFC 3339; null while nothing was. */
  lastDone: string | null
  /** Where the chosen site is registered, in CGCS2000 degrees; null without one. */
  registered: LonLat | null
}

/** Whether a fix takes the place of the one before, by the rule above. */
export function isBetter(now: Position, before: Position | null, { lastDone, registered }: Doing): boolean {
  if (now.provider === 'manual') return true
  if (before?.provider === 'manual') return false
  const there = placeOf(now)
  if (there === null) return false
  const isAtSite = registered !== null && distanceM(there, registered) <= SITE_M + blur(now)
  const isAtIt = lastDone === null || Date.parse(now.at) - Date.parse(lastDone) <= AT_IT_MS
  const kept = before && placeOf(before)
  if (before === null || kept === null) return isAtSite || isAtIt
  const wasAtSite = registered !== null && distanceM(kept, registered) <= SITE_M + blur(before)
  if (isAtSite !== wasAtSite) return isAtSite
  const maybeSame = distanceM(there, kept) <= WALK_M + blur(now) + blur(before)
  const isFiner = (now.accuracy_m ?? Infinity) < (before.accuracy_m ?? Infinity)
  return lastDone === null ? !maybeSame || isFiner : isAtIt && maybeSame && isFiner
}

const blur = ({ accuracy_m }: Position): number => accuracy_m ?? 0

function placeOf({ lon, lat, datum }: Position): LonLat | null {
  try {
    return canonical(lon, lat, datum)
  } catch (error) {
    if (error instanceof GeoFault) return null
    throw error
  }
}
