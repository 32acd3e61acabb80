/** Which cells a point belongs to, and how sure that is: one administrative cell or none, one square, one BeiDou code.
 *
 * The tie rule is that of `geo/locate.py`: where the cells that a point touches do not form one line of descent, they are
 * tried again a hair to the east-north-east; of those that remain (of all, if none does) the finest level wins, then the
 * smallest code. Confidence is the share of the accuracy circle. Shared vectors hold the two to the same answers.
 */
import { encodeBeidou } from './beidou'
import { GeoFault, lonLat } from './coordinate'
import { canonical, type Datum } from './datum'
import type { Grid } from './grid'
import { epsgFor, project } from './projection'
import { area, box, clipped, disc, lineDistance, touches, type Ring } from './rings'
import { cellAt, epsgOf, frameFor, SQUARE_SIZE_M } from './square'

const NUDGE = [1e-9, 0.7e-9] as const
/** The circle of a device that does not say. */
export const PHONE_ACCURACY_M = 30
const MAX_RADIUS_M = 50_000
/** Smaller circles are points. */
export const LEAST_RADIUS_M = 0.001
export const SURE = 0.95
const DOUBTFUL = 0.6

export interface Placement {
  code: string
  level: string
  confidence: number
}

export interface Location {
  code: string | null
  /** That cell and those above it, finest first. */
  chain: Placement[]
  method: 'inside' | 'tie' | 'nearest' | 'none'
  confidence: number
  /** Each cell that the circle meets and its share, best first. */
  candidates: [code: string, share: number][]
  square: string | null
  squareConfidence: number
  beidou: string | null
}

/** The confidence in a word. */
export function gradeOf(confidence: number): 'high' | 'fair' | 'review' {
  return confidence >= SURE ? 'high' : confidence < DOUBTFUL ? 'review' : 'fair'
}

/** The cells of a point in canonical CGCS2000 degrees. `accuracyM`: null means PHONE_ACCURACY_M, 0 the point itself. */
export function locate(lon: number, lat: number, grid: Grid, accuracyM: number | null = null): Location {
  lonLat(lon, lat)
  const radius = Math.min(accuracyM ?? PHONE_ACCURACY_M, MAX_RADIUS_M)
  const hits = grid.hits(lon, lat)
  let [chosen, tied] = hits.length > 0 ? settle(grid, hits, lon, lat) : [null, false]
  let method: Location['method'] = chosen === null ? 'none' : tied ? 'tie' : 'inside'
  let circle: Shares | null = null
  if (radius >= LEAST_RADIUS_M) {
    const reach = reachDegrees(radius, lat)
    if (chosen === null || grid.borderWithin(chosen, lon, lat, reach)) {
      circle = measure(grid, grid.within(lon, lat, reach), lon, lat, radius)
    }
  }
  if (chosen === null && circle?.nearest != null) {
    chosen = circle.nearest
    method = 'nearest'
  }
  const code = chosen === null ? null : grid.cells[chosen]!.code
  const { chain, candidates } = placed(grid, chosen, circle)
  return {
    ...{ code, chain, candidates, method, confidence: chain[0]?.confidence ?? 0 },
    ...squareOf(code, lon, lat, radius),
    beidou: orNull(() => encodeBeidou(lon, lat)),
  }
}

export interface CellOf {
  scheme: 'admin' | 'square-1000' | 'beidou'
  code: string
  confidence: number
}

/** The cells of a stated position in each scheme; the administrative one only where there is a grid and it has one. */
export function cellsOf(
  position: { lon: number; lat: number; datum: Datum; accuracy_m: number | null },
  grid: Grid,
): CellOf[] {
  const found = locate(...canonical(position.lon, position.lat, position.datum), grid, position.accuracy_m)
  const cells: CellOf[] = []
  if (found.code !== null) cells.push({ scheme: 'admin', code: found.code, confidence: found.confidence })
  if (found.square !== null)
    cells.push({ scheme: 'square-1000', code: found.square, confidence: found.squareConfidence })
  if (found.beidou !== null) cells.push({ scheme: 'beidou', code: found.beidou, confidence: 1 })
  return cells
}

function settle(grid: Grid, hits: number[], lon: number, lat: number): [chosen: number, tied: boolean] {
  if (hits.length === 1) return [hits[0]!, false]
  const leaves = leavesOf(grid, hits)
  if (leaves.length === 1) return [leaves[0]!, false]
  const beside = hits.filter((i) => grid.touches(i, lon + NUDGE[0], lat + NUDGE[1]))
  const remain = beside.length > 0 ? beside : hits
  const chosen = remain.reduce((best, i) => (grid.depth[i]! > grid.depth[best]! ? i : best))
  return [chosen, true]
}

/** The cells that are above none of the others. */
function leavesOf(grid: Grid, cells: number[]): number[] {
  const above = new Set(cells.flatMap((i) => grid.line(i).slice(1)))
  return cells.filter((i) => !above.has(i))
}

interface Shares {
  cells: Map<number, number>
  nearest: number | null
}

/** A plane distance in degrees that surely covers a radius in metres at a latitude. */
export function reachDegrees(radiusM: number, lat: number): number {
  return radiusM / (110_000 * Math.max(Math.cos((lat * Math.PI) / 180), 0.01))
}

/** The share of the circle in each cell that may meet it; at one distance, to the millimetre, the finer one is nearer. */
function measure(grid: Grid, cells: number[], lon: number, lat: number, radius: number): Shares {
  const found: Shares = { cells: new Map(), nearest: null }
  if (cells.length === 0) return found
  const epsg = epsgFor(grid.cells[cells[0]!]!.code, lon)
  const [east, north] = project(lon, lat, epsg)
  if (!Number.isFinite(east) || !Number.isFinite(north)) return found
  const about = disc(east, north, radius)
  const reach = 1.01 * reachDegrees(radius, lat)
  let least = Infinity
  for (const i of cells) {
    const part = grid
      .part(i, lon - reach, lat - reach, lon + reach, lat + reach)
      .map((rings) => rings.map((ring) => closed(ring.map(([x, y]) => project(x, y, epsg)))))
    const away = touches(part, east, north) ? 0 : Math.round(lineDistance(part, east, north) * 1000) / 1000
    if (!(away <= radius)) continue
    found.cells.set(i, share(part, about))
    const finer = found.nearest === null || away < least || grid.depth[i]! > grid.depth[found.nearest]!
    if (away <= least && finer) {
      least = away
      found.nearest = i
    }
  }
  return found
}

/** The share of a circle's area in polygons, each an outer ring and its holes. */
function share(polygons: readonly (readonly Ring[])[], about: Ring): number {
  let covered = 0
  for (const [outer, ...holes] of polygons) {
    covered += area(clipped(outer!, about))
    for (const hole of holes) covered -= area(clipped(hole, about))
  }
  return sixDigits(Math.min(1, covered / area(about)))
}

function placed(grid: Grid, chosen: number | null, circle: Shares | null): Pick<Location, 'chain' | 'candidates'> {
  if (chosen === null) return { chain: [], candidates: [] }
  const codeOf = (i: number): string => grid.cells[i]!.code
  const placement = (i: number, confidence: number): Placement => {
    return { code: codeOf(i), level: grid.cells[i]!.level, confidence }
  }
  const line = grid.line(chosen)
  if (circle === null) return { chain: line.map((i) => placement(i, 1)), candidates: [[codeOf(chosen), 1]] }
  const met = new Map([...circle.cells].filter(([i, part]) => part > 0 || i === chosen))
  const leaves = leavesOf(grid, [...met.keys()]).map((i) => [i, met.get(i)!] as const)
  // A cell without a shape has the shares below it.
  const below = (i: number): number =>
    Math.min(1, sixDigits(leaves.reduce((sum, [j, part]) => (grid.isUnder(j, i) ? sum + part : sum), 0)))
  return {
    chain: line.map((i) => placement(i, met.get(i) ?? below(i))),
    candidates: [...leaves].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([i, part]) => [codeOf(i), part]),
  }
}

function squareOf(code: string | null, lon: number, lat: number, radius: number) {
  const frame = frameFor(code, lon)
  const [east, north] = project(lon, lat, epsgOf(frame))
  const cell = orNull(() => cellAt(east, north, SQUARE_SIZE_M, frame))
  if (cell === null) return { square: null, squareConfidence: 0 }
  return { square: cell.code, squareConfidence: squareShare(east, north, radius, cell.bounds) }
}

function squareShare(
  east: number,
  north: number,
  radius: number,
  bounds: readonly [number, number, number, number],
): number {
  const [west, south, farEast, farNorth] = bounds
  const near = Math.min(east - west, farEast - east, north - south, farNorth - north)
  if (radius < LEAST_RADIUS_M || near >= radius) return 1
  const [first, second] = [east - west, farEast - east, north - south, farNorth - north].sort((a, b) => a - b)
  if (second! >= radius && first! >= 0) {
    const d = first! / radius // one side cuts a segment off
    return sixDigits(1 - (Math.acos(d) - d * Math.sqrt(1 - d * d)) / Math.PI)
  }
  return share([[box(west, south, farEast, farNorth)]], disc(east, north, radius))
}

const sixDigits = (value: number): number => Math.round(value * 1e6) / 1e6
const closed = (ring: Ring): Ring => (ring.length > 0 ? [...ring, ring[0]!] : ring)

function orNull<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof GeoFault) return null
    throw error
  }
}
