/** What a valid longitude and latitude are. Knows nothing of datums: ranges are the same in all of them. */

export type LonLat = readonly [lon: number, lat: number]

/** Numbers that are no place on earth, or a datum that nobody knows. `code` as the server names it. */
export class GeoFault extends Error {
  constructor(
    readonly code: 'coordinate-invalid' | 'datum-unknown' | 'outside-frame',
    message: string,
  ) {
    super(message)
    this.name = 'GeoFault'
  }
}

/** The pair itself, when it is in range; raises GeoFault. */
export function lonLat(lon: number, lat: number): LonLat {
  if (!(lon >= -180 && lon <= 180)) throw new GeoFault('coordinate-invalid', `longitude ${lon} is outside -180..180`)
  if (!(lat >= -90 && lat <= 90)) throw new GeoFault('coordinate-invalid', `latitude ${lat} is outside -90..90`)
  return [lon, lat]
}
