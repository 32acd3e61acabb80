/** The BeiDou two-dimensional grid location code (GB/T 39409-2020) of CGCS2000 degrees. As `geo/beidou.py`.
 *
 * A point becomes a whole number of 1/2048 seconds once; after that there are no fractions.
 */
import { GeoFault, lonLat } from './coordinate'

/** Of a stored finding: 1/32″, some 0.9 m, computed with an eps of 0.02 units (0.3 mm) from 9 decimals. */
export const FINDING_LEVEL = 8
export const FINDING_EPS = 0.02

const SECOND = 2048
const UNITS_PER_DEGREE = 3600 * SECOND
const ROWS = 'ABCDEFGHIJKLMNOPQRSTUV'
const POLAR = 88
const WIDTH_1 = 6 * UNITS_PER_DEGREE
const HEIGHT_1 = 4 * UNITS_PER_DEGREE
/** Levels 2 to 10: width and height in units, columns and rows within the parent, and whether one digit counts both. */
const SPLITS: readonly (readonly [number, number, number, number, boolean])[] = [
  [1800 * SECOND, 1800 * SECOND, 12, 8, false],
  [900 * SECOND, 600 * SECOND, 2, 3, true],
  [60 * SECOND, 60 * SECOND, 15, 10, false],
  [4 * SECOND, 4 * SECOND, 15, 15, false],
  [2 * SECOND, 2 * SECOND, 2, 2, true],
  [SECOND / 4, SECOND / 4, 8, 8, false],
  [SECOND / 32, SECOND / 32, 8, 8, false],
  [SECOND / 256, SECOND / 256, 8, 8, false],
  [1, 1, 8, 8, false],
]

/** The code of the cell of `level` (1 to 10) that holds a point. Raises GeoFault from 88° of latitude on. */
export function encodeBeidou(lon: number, lat: number, level = FINDING_LEVEL, eps = FINDING_EPS): string {
  lonLat(lon, lat)
  if (Math.abs(lat) >= POLAR) throw new GeoFault('outside-frame', 'there are no BeiDou cells of this kind at the poles')
  const x = Math.min(Math.floor(Math.abs(lon) * UNITS_PER_DEGREE + eps), 180 * UNITS_PER_DEGREE - 1)
  const y = Math.min(Math.floor(Math.abs(lat) * UNITS_PER_DEGREE + eps), POLAR * UNITS_PER_DEGREE - 1)
  const column = lon < 0 ? 30 - Math.floor(x / WIDTH_1) : 31 + Math.floor(x / WIDTH_1)
  let code = `${lat < 0 ? 'S' : 'N'}${String(column).padStart(2, '0')}${ROWS[Math.floor(y / HEIGHT_1)]}`
  for (const [width, height, columns, rows, zOrder] of SPLITS.slice(0, level - 1)) {
    const across = Math.floor(x / width) % columns
    const up = Math.floor(y / height) % rows
    code += zOrder ? hex(2 * up + across) : hex(across) + hex(up)
  }
  return code
}

const hex = (digit: number): string => digit.toString(16).toUpperCase()
