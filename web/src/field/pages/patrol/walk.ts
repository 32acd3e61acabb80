/** A patrol's way: which points are kept, what they tell of cells and gaps, and the bytes that are sent. No Vue. */
import { canonical, type Datum } from '../../geo/datum'
import { distanceM } from '../../geo/distance'
import type { Grid } from '../../geo/grid'
import { locate } from '../../geo/locate'
import type { Position } from '../../sync'

/** Time (RFC 3339), longitude, latitude, accuracy in metres or null; in `datum`. */
export interface TrackPoint {
  at: string
  lon: number
  lat: number
  accuracy: number | null
  datum: Datum
}

/** The patrol under way, as its draft keeps it. */
export interface Patrol {
  id: string
  startedAt: string
  state: 'walking' | 'paused' | 'ended'
  endedAt: string | null
  campaign: string | null
  task: string | null
  /** What was to be walked; empty: wherever the way leads. */
  cells: string[]
  note: string
}

const LEAST_MS = 10_000
const LEAST_M = 15
/** Worse fixes are the phone mast's, not the receiver's. */
const MOST_ACCURACY_M = 100
/** Longer without a point, and where one was is not known. */
const GAP_MS = 120_000

/** Whether a fix is worth a point: it is good enough, and some time or way after the last one. */
export function worthKeeping(last: TrackPoint | null, next: Position): boolean {
  if (next.provider === 'manual' || (next.accuracy_m ?? 0) > MOST_ACCURACY_M) return false
  if (last === null) return true
  const passed = Date.parse(next.at) - Date.parse(last.at)
  if (passed <= 0) return false
  return passed >= LEAST_MS || distanceM(placeOf(last), canonical(next.lon, next.lat, next.datum)) >= LEAST_M
}

export function pointOf({ at, lon, lat, accuracy_m, datum }: Position): TrackPoint {
  return { at, lon, lat, accuracy: accuracy_m, datum }
}

/** CGCS2000 degrees. */
export const placeOf = (point: TrackPoint): readonly [number, number] => canonical(point.lon, point.lat, point.datum)

/** What was walked so far, for the person; the server reads the track by itself and its word counts. */
export interface Walked {
  /** Points that are counted in. */
  points: number
  last: TrackPoint | null
  metres: number
  /** Codes of the finest cells, in the order in which they were entered. */
  cells: ReadonlySet<string>
  /** Codes of the squares of 1 km. */
  squares: ReadonlySet<string>
  /** Stretches of which no point tells: screen off, paused, no reception. */
  gaps: number
}
export const NOTHING_WALKED: Walked = {
  ...{ points: 0, last: null, metres: 0, cells: new Set(), squares: new Set(), gaps: 0 },
}

/** The same with the points that came since: a day has thousands, and each is looked at once. */
export function walkedOn(walked: Walked, points: readonly TrackPoint[], grid: Grid | null): Walked {
  if (points.length === walked.points) return walked
  const cells = new Set(walked.cells)
  const squares = new Set(walked.squares)
  let { last, metres, gaps } = walked
  for (const point of points.slice(walked.points)) {
    const place = placeOf(point)
    const where = grid && locate(place[0], place[1], grid, 0)
    if (where?.code) cells.add(where.code)
    if (where?.square) squares.add(where.square)
    if (last !== null && isGap(last, point)) gaps += 1
    else if (last !== null) metres += distanceM(placeOf(last), place)
    last = point
  }
  return { points: points.length, last, metres, cells, squares, gaps }
}

const isGap = (before: TrackPoint, after: TrackPoint): boolean => Date.parse(after.at) - Date.parse(before.at) > GAP_MS

/** The stretches of the way without the gaps, for a map. */
export function stretchesOf(points: readonly TrackPoint[]): (readonly [number, number])[][] {
  const found: (readonly [number, number])[][] = []
  let before: TrackPoint | null = null
  for (const point of points) {
    if (before === null || isGap(before, point)) found.push([])
    found.at(-1)!.push(placeOf(point))
    before = point
  }
  return found.filter((stretch) => stretch.length > 1)
}

/** The track's exact text. Points stay as the phone gave them, unless its datum was declared anew on the way. */
export function trackText(points: readonly TrackPoint[]): string {
  const [first] = points
  const one = first !== undefined && points.every((point) => point.datum === first.datum)
  const written = points.map((point) => {
    const [lon, lat] = one ? [point.lon, point.lat] : placeOf(point)
    return [point.at, lon, lat, point.accuracy]
  })
  return JSON.stringify({ datum: one ? first.datum : 'CGCS2000', points: written })
}
