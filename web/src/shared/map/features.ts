/** What is drawn on a map, as GeoJSON in CGCS2000 degrees, which maps take for WGS 84. Knows no map library. */

/** From the ground up; points lie over areas. */
export const LAYERS = [
  'zones',
  'cells',
  'cell_names',
  'changes',
  'track',
  'accuracy',
  'me',
  'sites',
  'findings',
  'fire_points',
  'pin',
] as const
export type LayerName = (typeof LAYERS)[number]
/** Those that a person may tap. */
export const TAPPED: readonly LayerName[] = ['fire_points', 'findings', 'sites', 'changes']
export interface Tapped {
  layer: LayerName
  id: string
}
/** Those that are gathered where they lie close together. */
export const GATHERED: readonly LayerName[] = ['sites', 'findings']

export type Properties = Record<string, string | number | boolean>
export interface Feature {
  type: 'Feature'
  geometry: { type: string; coordinates: unknown }
  properties: Properties
}
export interface Collection {
  type: 'FeatureCollection'
  features: Feature[]
}
export type Drawn = Partial<Record<LayerName, Collection>>

export function collection(features: Feature[]): Collection {
  return { type: 'FeatureCollection', features }
}

/** `sign`: one or two letters in the point, so that colour is not all that tells points apart. */
export function point(
  at: { lon: number; lat: number },
  properties: Properties & { sign?: string; name?: string },
): Feature {
  return { type: 'Feature', geometry: { type: 'Point', coordinates: [at.lon, at.lat] }, properties }
}

export function line(places: readonly (readonly [number, number])[]): Feature {
  return { type: 'Feature', geometry: { type: 'LineString', coordinates: places }, properties: {} }
}

export function area(geometry: { type: string; coordinates: unknown }, properties: Properties): Feature {
  return { type: 'Feature', geometry, properties }
}

/** A circle of so many metres about a place, as a polygon; good for drawing, not for measuring. */
export function circle(at: { lon: number; lat: number }, metres: number): Feature {
  const north = metres / 111_320
  const east = north / Math.cos((at.lat * Math.PI) / 180)
  const ring = Array.from({ length: 49 }, (_, i) => {
    const angle = ((i % 48) * Math.PI) / 24
    return [at.lon + east * Math.cos(angle), at.lat + north * Math.sin(angle)]
  })
  return area({ type: 'Polygon', coordinates: [ring] }, {})
}

export type Bounds = [west: number, south: number, east: number, north: number]

/** The least box about all that is drawn; null when nothing is. */
export function boundsOf(collections: readonly (Collection | undefined)[]): Bounds | null {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity]
  const take = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return
    if (typeof coordinates[0] !== 'number') return coordinates.forEach(take)
    const [lon, lat] = coordinates as [number, number]
    box[0] = Math.min(box[0], lon)
    box[1] = Math.min(box[1], lat)
    box[2] = Math.max(box[2], lon)
    box[3] = Math.max(box[3], lat)
  }
  for (const each of collections) for (const feature of each?.features ?? []) take(feature.geometry.coordinates)
  return Number.isFinite(box[0]) ? box : null
}
