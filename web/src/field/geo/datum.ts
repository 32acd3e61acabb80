/** Datums: what a longitude and latitude are measured against, and the way between each and CGCS2000.
 *
 * The declared datum alone decides; nothing here looks at a position to guess one. It answers as `geo/datum.py` does, and
 * shared vectors hold the two together. Sources of the formulae: see there.
 */
import { GeoFault, lonLat, type LonLat } from './coordinate'

export type Datum = 'WGS84' | 'GCJ02' | 'BD09' | 'CGCS2000'
type Step = (lon: number, lat: number) => LonLat

/** Fixed: after three rounds the inverse of GCJ-02 is within 0.2 micrometres in Guangxi. */
const ITERATIONS = 3
const DECIMALS = 9
const AXIS = 6378245.0
const ECCENTRICITY = 0.00669342162296594323
const BAIDU_TURN = (Math.PI * 3000) / 180
/** Degrees. An inverse that still moves by more in its last round (at polar latitudes) is refused. */
const STILL_MOVING = 1e-6

/** CGCS2000 degrees, not rounded. WGS 84 is taken as CGCS2000: they differ by decimetres. Raises GeoFault. */
export function toCgcs2000(lon: number, lat: number, datum: Datum): LonLat {
  return convert(lon, lat, TO[datum], datum)
}

/** The inverse of `toCgcs2000`: degrees in `datum`, for a map of another provider. Raises GeoFault. */
export function fromCgcs2000(lon: number, lat: number, datum: Datum): LonLat {
  return convert(lon, lat, FROM[datum], datum)
}

/** What is stored and located: CGCS2000 rounded to 9 decimals, never a negative zero. Raises GeoFault. */
export function canonical(lon: number, lat: number, datum: Datum): LonLat {
  const [x, y] = toCgcs2000(lon, lat, datum)
  return [rounded(x), rounded(y)]
}

/** To 9 decimals, exactly; a tie, which only odd multiples of 1/1024 make, goes to the even digit as in Python. */
function rounded(degrees: number): number {
  const parts = Math.abs(degrees) * 1024
  if (Number.isInteger(parts) && parts % 2 === 1) {
    const above = (parts * 5 ** DECIMALS + 1) / 2
    return (Math.sign(degrees) * (above % 2 === 0 ? above : above - 1)) / 10 ** DECIMALS
  }
  return Number(degrees.toFixed(DECIMALS)) + 0
}

function convert(lon: number, lat: number, steps: readonly Step[] | undefined, datum: Datum): LonLat {
  if (steps === undefined) throw new GeoFault('datum-unknown', `the datum ${String(datum)} is not known`)
  let place = lonLat(lon, lat)
  for (const step of steps) place = step(place[0], place[1])
  if (steps.length === 0) return place
  const [x, y] = place
  if (!(Math.abs(y) <= 90) || !Number.isFinite(x))
    throw new GeoFault('coordinate-invalid', `${datum} is not defined here`)
  return [x > 180 ? x - 360 : x < -180 ? x + 360 : x, y]
}

/** Degrees that GCJ-02 adds to a WGS 84 point. */
function gcjShift(lon: number, lat: number): LonLat {
  const { sin, sqrt, abs, PI } = Math
  const x = lon - 105
  const y = lat - 35
  const root = sqrt(abs(x))
  const common = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x)
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
  north +=
    (2 / 3) * (common + 20 * sin(PI * y) + 40 * sin((PI * y) / 3) + 160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30))
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
  east +=
    (2 / 3) * (common + 20 * sin(PI * x) + 40 * sin((PI * x) / 3) + 150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30))
  const phi = (lat * PI) / 180
  const sine = sin(phi)
  const w = 1 - ECCENTRICITY * sine * sine
  const across = AXIS / sqrt(w)
  const along = (across * (1 - ECCENTRICITY)) / w
  return [(east / (across * Math.cos(phi))) * (180 / PI), (north / along) * (180 / PI)]
}

const toGcj: Step = (lon, lat) => {
  const [east, north] = gcjShift(lon, lat)
  return [lon + east, lat + north]
}

const gcjToBd: Step = (lon, lat) => {
  const radius = Math.hypot(lon, lat) + 0.00002 * Math.sin(lat * BAIDU_TURN)
  const angle = Math.atan2(lat, lon) + 0.000003 * Math.cos(lon * BAIDU_TURN)
  return [radius * Math.cos(angle) + 0.0065, radius * Math.sin(angle) + 0.006]
}

/** Fixed-point inversion: the naive guess, then ITERATIONS rounds of taking the miss away. */
function inverseOf(forward: Step): Step {
  return (lon, lat) => {
    let [x, y] = [lon, lat]
    let [missX, missY] = [0, 0]
    for (let round = 0; round <= ITERATIONS; round++) {
      const there = forward(x, y)
      missX = there[0] - lon
      missY = there[1] - lat
      x -= missX
      y -= missY
    }
    if (!(Math.abs(missX) + Math.abs(missY) <= STILL_MOVING)) {
      throw new GeoFault('coordinate-invalid', 'the inverse of this datum does not settle here')
    }
    return [x, y]
  }
}

const FROM: Record<Datum, readonly Step[]> = { WGS84: [], CGCS2000: [], GCJ02: [toGcj], BD09: [toGcj, gcjToBd] }
const TO: Record<Datum, readonly Step[]> = {
  WGS84: [],
  CGCS2000: [],
  GCJ02: [inverseOf(toGcj)],
  BD09: [inverseOf(gcjToBd), inverseOf(toGcj)],
}
