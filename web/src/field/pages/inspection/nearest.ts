/** Rows with a place, the nearest first; those without a place last, in their order. */
import { distanceM } from '../../geo/distance'

export interface Placed {
  location: { lon: number; lat: number } | null
}

export function nearestFirst<T extends Placed>(
  rows: T[],
  here: { lon: number; lat: number } | null,
): { row: T; metres: number | null }[] {
  const measured = rows.map((row) => ({
    row,
    metres: here && row.location ? distanceM([here.lon, here.lat], [row.location.lon, row.location.lat]) : null,
  }))
  return measured.sort((one, two) => (one.metres ?? Infinity) - (two.metres ?? Infinity) || 0) // NaN of two infinities keeps the order
}
