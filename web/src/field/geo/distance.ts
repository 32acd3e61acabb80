/** Lengths on the CGCS2000 ellipsoid. */
import type { LonLat } from './coordinate'

const AXIS = 6_378_137
const FLATTENING = 1 / 298.257222101
const POLAR = AXIS * (1 - FLATTENING)

/** Metres of the geodesic between two (longitude, latitude) pairs in CGCS2000 degrees; within 1 mm (Vincenty).
 *
 * Points that lie almost opposite on the globe have no answer by this series; NaN says so.
 */
export function distanceM([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  const rad = Math.PI / 180
  const [uA, uB] = [reduced(latA * rad), reduced(latB * rad)]
  const [sinA, cosA, sinB, cosB] = [Math.sin(uA), Math.cos(uA), Math.sin(uB), Math.cos(uB)]
  const apart = (lonB - lonA) * rad
  let lambda = apart
  for (let round = 0; round < 100; round++) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)]
    const sinSigma = Math.hypot(cosB * sinL, cosA * sinB - sinA * cosB * cosL)
    if (sinSigma === 0) return 0
    const cosSigma = sinA * sinB + cosA * cosB * cosL
    const sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (cosA * cosB * sinL) / sinSigma
    const cos2Alpha = 1 - sinAlpha ** 2
    const cosMiddle = cos2Alpha === 0 ? 0 : cosSigma - (2 * sinA * sinB) / cos2Alpha
    const c = (FLATTENING / 16) * cos2Alpha * (4 + FLATTENING * (4 - 3 * cos2Alpha))
    const last = lambda
    const turned = sigma + c * sinSigma * (cosMiddle + c * cosSigma * (2 * cosMiddle ** 2 - 1))
    lambda = apart + (1 - c) * FLATTENING * sinAlpha * turned
    if (Math.abs(lambda - last) < 1e-12) return length(cos2Alpha, sigma, sinSigma, cosSigma, cosMiddle)
  }
  return NaN
}

function length(cos2Alpha: number, sigma: number, sinSigma: number, cosSigma: number, cosMiddle: number): number {
  const u2 = (cos2Alpha * (AXIS ** 2 - POLAR ** 2)) / POLAR ** 2
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
  const first = cosSigma * (2 * cosMiddle ** 2 - 1)
  const second = (b / 6) * cosMiddle * (4 * sinSigma ** 2 - 3) * (4 * cosMiddle ** 2 - 3)
  return POLAR * a * (sigma - b * sinSigma * (cosMiddle + (b / 4) * (first - second)))
}

const reduced = (phi: number): number => Math.atan((1 - FLATTENING) * Math.tan(phi))

/** Degrees from north, clockwise, of the way from one place to another: where to go at first. */
export function bearing([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  const rad = Math.PI / 180
  const [a, b, apart] = [latA * rad, latB * rad, (lonB - lonA) * rad]
  const east = Math.sin(apart) * Math.cos(b)
  const north = Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(apart)
  return (Math.atan2(east, north) / rad + 360) % 360
}
