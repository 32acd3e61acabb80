/** Rows with a place, the nearest first; those without a place last, in their order. */

export interface Placed {
  location: { lon: number; lat: number } | null
}

const METRES_PER_DEGREE = 111_195

/** Distances are on a sphere, which is 0.5 % off at most: good for an order and for two digits. */
export function metresBetween(one: { lon: number; lat: number }, two: { lon: number; lat: number }): number {
  const radians = Math.PI / 180
  const [north, east] = [two.lat - one.lat, (two.lon - one.lon) * Math.cos(((one.lat + two.lat) / 2) * radians)]
  return Math.hypot(north, east) * METRES_PER_DEGREE
}

export function nearestFirst<T extends Placed>(
  rows: T[],
  here: { lon: number; lat: number } | null,
): { row: T; metres: number | null }[] {
  const measured = rows.map((row) => ({
    row,
    metres: here && row.location ? metresBetween(here, row.location) : null,
  }))
  return measured.sort((one, two) => (one.metres ?? Infinity) - (two.metres ?? Infinity) || 0) // NaN of two infinities keeps the order
}
