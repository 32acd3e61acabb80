/** Square grids of 500, 1000 and 3000 m: point to cell code, `LZ-4545-1000-E0643-N2690`. As `geo/square.py`. */
import { GeoFault } from './coordinate'
import { epsgFor, LIUZHOU_EPSG, project } from './projection'

export const SQUARE_SIZE_M = 1000
/** The frame is [0, MAX) both ways. */
const MAX_EAST_M = 1_000_000
const MAX_NORTH_M = 5_000_000
const CITY: Record<string, string> = { '4502': 'LZ-4545', '4508': 'GG-4546' }

export interface SquareCell {
  code: string
  /** Metres of the frame. */
  bounds: readonly [west: number, south: number, east: number, north: number]
}

/** The frame of a finding, `LZ-4545`: that of its administrative city, else the outside one on its side of 109.5 E. */
export function frameFor(adminCode: string | null, lon: number): string {
  const outside = epsgFor(null, lon) === LIUZHOU_EPSG ? 'ZZ-4545' : 'ZZ-4546'
  return CITY[adminCode?.slice(0, 4) ?? ''] ?? outside
}

export const epsgOf = (frame: string): number => Number(frame.slice(3))

/** The cell that holds a point in metres of the frame. Raises GeoFault outside of it.
 *
 * Metres are rounded to 1 mm first: corners that went through degrees otherwise fall into the neighbour.
 */
export function cellAt(east: number, north: number, sizeM: number, frame: string): SquareCell {
  if (east > -1 && east < MAX_EAST_M && north > -1 && north < MAX_NORTH_M) {
    const [eastMm, northMm] = [evenly(east * 1000), evenly(north * 1000)]
    if (eastMm >= 0 && eastMm < MAX_EAST_M * 1000 && northMm >= 0 && northMm < MAX_NORTH_M * 1000) {
      const [column, row] = [Math.floor(eastMm / (sizeM * 1000)), Math.floor(northMm / (sizeM * 1000))]
      const [west, south] = [column * sizeM, row * sizeM]
      return {
        code: `${frame}-${sizeM}-E${four(column)}-N${four(row)}`,
        bounds: [west, south, west + sizeM, south + sizeM],
      }
    }
  }
  throw new GeoFault('outside-frame', `the point is outside the frame ${frame}`)
}

/** The code of the cell that holds a point in CGCS2000 degrees. Raises GeoFault. */
export function encodeSquare(lon: number, lat: number, sizeM: number, frame: string): string {
  return cellAt(...project(lon, lat, epsgOf(frame)), sizeM, frame).code
}

/** Whole numbers, halves to the even one, as Python rounds. */
function evenly(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

const four = (value: number): string => String(value).padStart(4, '0')
