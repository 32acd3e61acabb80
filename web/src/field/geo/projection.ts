/** The 3-degree Gauss-Krüger frames of CGCS2000: degrees to metres, easting before northing.
 *
 * Krüger's series to the fourth order; it agrees with PROJ to 0.1 micrometres within three degrees of the meridian. Which
 * frame belongs to which city is as in `geo/proj.py`.
 */
export const LIUZHOU_EPSG = 4545
export const GUIGANG_EPSG = 4546
const MERIDIAN: Record<number, number> = { 4544: 105, 4545: 108, 4546: 111, 4547: 114 }
const CITY: Record<string, number> = { '4502': LIUZHOU_EPSG, '4508': GUIGANG_EPSG }
/** Degrees east, where the two frames meet. Both cities straddle it, so a city's code goes before a longitude. */
const DIVIDE = 109.5
const FALSE_EAST_M = 500_000

const AXIS = 6_378_137
const FLATTENING = 1 / 298.257222101
const N = FLATTENING / (2 - FLATTENING)
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING))
const RECTIFYING = (AXIS / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64)
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
]

/** The frame of a point: its city's, and outside both cities 4545 west of 109.5 E, else 4546. */
export function epsgFor(adminCode: string | null, lon: number): number {
  return CITY[adminCode?.slice(0, 4) ?? ''] ?? (lon < DIVIDE ? LIUZHOU_EPSG : GUIGANG_EPSG)
}

/** Easting and northing in metres of CGCS2000 degrees; not finite where the series does not reach. */
export function project(lon: number, lat: number, epsg: number): [east: number, north: number] {
  const phi = (lat * Math.PI) / 180
  const lambda = ((lon - MERIDIAN[epsg]!) * Math.PI) / 180
  const sine = Math.sin(phi)
  const conformal = Math.sinh(Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine))
  const xi = Math.atan2(conformal, Math.cos(lambda))
  const eta = Math.asinh(Math.sin(lambda) / Math.hypot(conformal, Math.cos(lambda)))
  let north = xi
  let east = eta
  for (const [i, alpha] of ALPHA.entries()) {
    const turn = 2 * (i + 1)
    north += alpha * Math.sin(turn * xi) * Math.cosh(turn * eta)
    east += alpha * Math.cos(turn * xi) * Math.sinh(turn * eta)
  }
  return [FALSE_EAST_M + RECTIFYING * east, RECTIFYING * north]
}
