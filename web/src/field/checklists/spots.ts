/** Which spots along a road do photos prove? The exit rule wants one at the gate and one 50 m on each side.
 *
 * As checklists/spots.py. Plain longitudes and latitudes in degrees, all of one datum.
 */
export interface Place {
  lon: number
  lat: number
  accuracy_m?: number | null
}

/** One wanted spot: metres along the road from the gate, and the index of the photo that serves it.
 *
 * `flag`: null when proven by a photo of known accuracy, else accuracy-unknown, inaccurate or missing.
 */
export interface Spot {
  offset_m: number
  photo: number | null
  proven: boolean
  flag: 'accuracy-unknown' | 'inaccurate' | 'missing' | null
}

interface Candidate {
  photo: number
  east: number
  north: number
  error: number
  accuracy: number | null
  proves: boolean
}

type Chosen = (Candidate | null)[]
type Score = [number, number, number]

export const EXIT_OFFSETS_M = [-50, 0, 50]
export const EXIT_TOLERANCE_M = 20
const CANDIDATES = 20
const SEMI_MAJOR_AXIS_M = 6_378_137.0
const ECCENTRICITY_SQUARED = 0.006_694_380_022_9

/** The wanted spots in their order, each with the photo that serves it best; no photo serves two.
 *
 * With the road's bearing (degrees from north) a spot is a point. Without, it is any place as far from the gate, if
 * photos of opposite sign lie more than 90° apart as seen from the gate and photos of one sign on one side.
 */
export function prove(
  gate: Place,
  photos: readonly Place[],
  bearingDeg: number | null = null,
  offsets: readonly number[] = EXIT_OFFSETS_M,
  tolerance = EXIT_TOLERANCE_M,
): Spot[] {
  const reach = offsets.map((offset) => candidates(gate, photos, offset, bearingDeg, tolerance))
  let best: Chosen = offsets.map(() => null)
  let bestScore = score(best)
  for (const chosen of combinations(reach)) {
    const now = score(chosen)
    if (above(now, bestScore) && consistent(chosen, offsets, bearingDeg === null)) [best, bestScore] = [chosen, now]
  }
  return offsets.map((offset, i) => spot(offset, best[i]!))
}

/** East and north of the origin on its tangent plane, by the ellipsoid's radii there. */
export function metres(origin: Place, place: Place): [number, number] {
  const latitude = radians(origin.lat)
  const flattening = 1 - ECCENTRICITY_SQUARED * Math.sin(latitude) ** 2
  const primeVertical = SEMI_MAJOR_AXIS_M / Math.sqrt(flattening)
  const meridian = (primeVertical * (1 - ECCENTRICITY_SQUARED)) / flattening
  const east = radians(place.lon - origin.lon) * Math.cos(latitude) * primeVertical
  return [east, radians(place.lat - origin.lat) * meridian]
}

function candidates(
  gate: Place,
  photos: readonly Place[],
  offset: number,
  bearingDeg: number | null,
  tolerance: number,
): Candidate[] {
  const found = photos.flatMap((each, photo): Candidate[] => {
    const [east, north] = metres(gate, each)
    const bearing = radians(bearingDeg ?? 0)
    const error =
      bearingDeg === null
        ? Math.abs(Math.hypot(east, north) - Math.abs(offset))
        : Math.hypot(east - offset * Math.sin(bearing), north - offset * Math.cos(bearing))
    const accuracy = each.accuracy_m ?? null
    if (error > tolerance + (accuracy ?? 0)) return []
    return [{ photo, east, north, error, accuracy, proves: error <= tolerance && (accuracy ?? 0) <= tolerance }]
  })
  found.sort((one, two) => Number(two.proves) - Number(one.proves) || one.error - two.error)
  return found.slice(0, CANDIDATES)
}

function* combinations(reach: Candidate[][]): Generator<Chosen> {
  const [first, ...rest] = reach
  if (first === undefined) {
    yield []
    return
  }
  for (const each of [...first, null]) for (const others of combinations(rest)) yield [each, ...others]
}

/** More proven spots first, then more served at all, then the smaller error. */
function score(chosen: Chosen): Score {
  const served = chosen.filter((each) => each !== null)
  const errors = served.reduce((sum, each) => sum + each.error, 0)
  return [served.filter((each) => each.proves).length, served.length, -errors]
}

function above(one: Score, two: Score): boolean {
  for (let i = 0; i < 3; i++) if (one[i] !== two[i]) return one[i]! > two[i]!
  return false
}

function consistent(chosen: Chosen, offsets: readonly number[], tellSides: boolean): boolean {
  const served = chosen.flatMap((each, i) => (each === null ? [] : [{ ...each, offset: offsets[i]! }]))
  return served.every((one, i) =>
    served.slice(i + 1).every((two) => {
      if (one.photo === two.photo) return false
      if (!tellSides || one.offset === 0 || two.offset === 0) return true
      return (one.east * two.east + one.north * two.north) * Math.sign(one.offset * two.offset) > 0
    }),
  )
}

function spot(offset_m: number, served: Candidate | null): Spot {
  if (served === null) return { offset_m, photo: null, proven: false, flag: 'missing' }
  if (!served.proves) return { offset_m, photo: served.photo, proven: false, flag: 'inaccurate' }
  return { offset_m, photo: served.photo, proven: true, flag: served.accuracy === null ? 'accuracy-unknown' : null }
}

function radians(degrees: number): number {
  return degrees * (Math.PI / 180)
}
