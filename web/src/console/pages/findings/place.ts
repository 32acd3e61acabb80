/** How near a map is brought to a place. */

const METRES_A_PIXEL = 78_271.5 // at the equator, of a map of 512-pixel tiles at zoom 0
const RADIUS_PIXELS = 60
const FARTHEST = 11
const NEAREST = 18

/** The zoom at which an accuracy circle of so many metres has a radius of some 60 pixels. */
export function zoomFor(metres: number, latitude: number): number {
  if (metres <= 0) return 15
  const pixel = (METRES_A_PIXEL * Math.cos((latitude * Math.PI) / 180)) / (metres / RADIUS_PIXELS)
  return Math.min(NEAREST, Math.max(FARTHEST, Math.log2(pixel)))
}
