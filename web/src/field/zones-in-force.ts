/** The zones in force as this device keeps them, and what they say of a place: which duties apply there. No Vue.
 *
 * It answers as the server's judging does (`backend/services/judging.py`); where this device cannot tell, nothing is ruled
 * out, and the list shows what may apply.
 */
import { GeoFault, type LonLat } from './geo/coordinate'
import { canonical } from './geo/datum'
import type { Grid } from './geo/grid'
import { locate } from './geo/locate'
import { holding, rulesAt, type Verdicts, type ZonesThere } from './geo/zone_rules'
import { zonesOf, type Zone, type ZoneFile } from './geo/zones'
import type { Device, Position, Row } from './sync'

export type { ZonesThere } from './geo/zone_rules'

/** The zones of all sets in force, and the cities that have one. */
export interface InForce {
  zones: readonly Zone[]
  cities: ReadonlySet<string>
}

/** A place in CGCS2000 degrees, with its accuracy in metres. */
export interface Spot {
  at: LonLat
  accuracyM: number | null
}

type SetRow = Row & { city: string; file: string; retired_at: string | null }

/** What is in force; null while a file is not on this device yet, or says what this version does not understand. */
export async function zonesInForce(device: Pick<Device, 'rows' | 'pack'>): Promise<InForce | null> {
  const sets = (await device.rows<SetRow>('zone_set')).filter((set) => set.retired_at === null)
  const files = await Promise.all(sets.map((set) => device.pack(set.file)))
  if (files.includes(undefined)) return null
  try {
    const read = await Promise.all(files.map(async (file) => JSON.parse(await file!.text()) as ZoneFile))
    return { zones: zonesOf(read), cities: new Set(sets.map((set) => set.city)) }
  } catch (error) {
    console.error('zones that are not understood', error)
    return null
  }
}

/** Where a stated position is, or else a site; null where neither has a place. */
export function spotOf(position: Position | null, site?: Row | null): Spot | null {
  if (position !== null) {
    try {
      return { at: canonical(position.lon, position.lat, position.datum), accuracyM: position.accuracy_m }
    } catch (error) {
      if (!(error instanceof GeoFault)) throw error
    }
  }
  const place = site?.location as { lon: number; lat: number } | null | undefined
  return place ? { at: [place.lon, place.lat], accuracyM: null } : null
}

/** The verdict on each subject at a place; null where its city has no zones in force, or nobody can tell. */
export function verdictsAt(inForce: InForce | null, grid: Grid | null, spot: Spot | null, when: Date): Verdicts | null {
  if (inForce === null || grid === null || spot === null) return null
  const [lon, lat] = spot.at
  try {
    const { chain } = locate(lon, lat, grid, 0)
    if (!chain.some(({ code }) => inForce.cities.has(code))) return null
    return rulesAt(inForce.zones, lon, lat, when, spot.accuracyM)
  } catch (error) {
    if (error instanceof GeoFault) return null
    throw error
  }
}

/** What a checklist has to know: which kinds of zones hold there, and which of the `wanted` may; null where it asks of
 * none, or nobody can tell of any.
 */
export function zonesThere(
  wanted: readonly string[],
  inForce: InForce | null,
  grid: Grid | null,
  spot: Spot | null,
  when: Date,
): ZonesThere | null {
  const verdicts = wanted.length === 0 ? null : verdictsAt(inForce, grid, spot, when)
  return verdicts && holding(verdicts, new Set(inForce!.zones.map((zone) => zone.subject)), wanted)
}

/** The kinds of zones that the items of a checklist ask about. */
export function zonesAsked(pack: { items: readonly { applies: { zones?: string[] } }[] }): string[] {
  return [...new Set(pack.items.flatMap((item) => item.applies.zones ?? []))]
}
