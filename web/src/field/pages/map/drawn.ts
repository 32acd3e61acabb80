/** What the phone holds, as points and areas of a map and as lines of the list beside it. Knows no map library. */
import { area, collection, point, type Collection } from '@shared/map/features'
import { distanceM } from '../../geo/distance'
import type { Grid } from '../../geo/grid'
import { insideOf } from '../../geo/rings'
import { isValidOn, type Zone } from '../../geo/zones'

export type Kind = 'fire_points' | 'findings' | 'sites'
/** In the order of what matters most on the way. */
export const KINDS: readonly Kind[] = ['fire_points', 'findings', 'sites']

interface Place {
  lon: number
  lat: number
}

/** Rows of the mirror as far as they are read here. */
export interface SiteRow {
  id: string
  name: string
  status: string
  kind: string
  location: Place | null
}
export interface FindingRow {
  id: string
  number: string
  description: string
  state: string
  severity: string
  location: Place | null
}
export interface FireRow {
  id: string
  number: string
  state: string
  place: string | null
  location: Place | null
}

/** One thing that has a place: a point of the map and a line of the list. */
export interface Item {
  kind: Kind
  id: string
  name: string
  /** Code of its state, in the group of words that `kind` has. */
  state: string
  at: Place
  metres: number | null
}

const SETTLED = new Set(['closed', 'rejected', 'look_back', 'penalty_transfer'])

/** Everything that is still of concern and has a place: fires, then findings, then sites, each by name. */
export function placed(sites: SiteRow[], findings: FindingRow[], fires: FireRow[]): Item[] {
  const found: Item[] = []
  const add = (kind: Kind, id: string, name: string, state: string, at: Place | null): void => {
    if (at !== null) found.push({ kind, id, name, state, at, metres: null })
  }
  for (const row of fires)
    if (row.state === 'open') add('fire_points', row.id, row.place ?? row.number, row.state, row.location)
  for (const row of findings) {
    if (!SETTLED.has(row.state)) add('findings', row.id, row.description || row.number, row.state, row.location)
  }
  for (const row of sites) if (row.status !== 'closed') add('sites', row.id, row.name, row.status, row.location)
  return found.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
}

/** The same with their distances from the phone, the nearest first; as they are where it does not know where it is. */
export function nearestFirst(items: Item[], me: Place | null): Item[] {
  if (me === null) return items
  return items.map((item) => ({ ...item, metres: metres(me, item.at) })).sort((a, b) => a.metres - b.metres)
}

const metres = (a: Place, b: Place): number => distanceM([a.lon, a.lat], [b.lon, b.lat])

/** `signs`: what stands in a point of each kind. */
export function pointsOf(items: Item[], kind: Kind, signs: Record<Kind, string>): Collection {
  const named = (name: string): string => (name.length > 14 ? `${name.slice(0, 13)}…` : name)
  return collection(
    items
      .filter((item) => item.kind === kind)
      .map(({ id, name, at }) => point(at, { id, name: named(name), sign: signs[kind] })),
  )
}

/** The cells that have a shape, each by its name; only the finest and those above them that are drawn as well. */
export function cellsOf(grid: Grid | null): Collection {
  const cells = grid?.cells.filter((cell) => cell.shape !== null) ?? []
  return collection(
    cells.map(({ name, code, shape }) => area({ type: 'MultiPolygon', coordinates: shape }, { name, code })),
  )
}

/** The names of the same cells, each once, at a place inside of it; `fine`: of a level that lies below another drawn. */
export function cellNamesOf(grid: Grid | null): Collection {
  const cells = grid?.cells.filter((cell) => cell.shape !== null) ?? []
  const parents = new Set(cells.map((cell) => cell.parent))
  const levels = new Set(cells.filter((cell) => parents.has(cell.code)).map((cell) => cell.level))
  const coarse = levels.size === 0 ? new Set(cells.map((cell) => cell.level)) : levels
  return collection(cells.map(({ name, level, shape }) => point(insideOf(shape!), { name, fine: !coarse.has(level) })))
}

/** The zones whose papers are valid that day. `strict`: something is forbidden in all of it.
 *
 * `labelOf` says of a kind what it is, and that its edges are not known where only the unit is that it lies in; a zone for
 * all that no other covers has no label: its name would stand in the midst of the others.
 */
export function zonesDrawn(
  zones: readonly Zone[],
  now: Date,
  labelOf: (kind: string, isKnown: boolean) => string = (kind) => kind,
): Collection {
  return collection(
    zones
      .filter((zone) => isValidOn(zone, now))
      .map(({ id, name, kind, shape, extent, default: isDefault }) => {
        const strict = kind.startsWith('no-') && !isDefault && extent !== 'within'
        const label: Record<string, string> = isDefault ? {} : { label: labelOf(kind, extent !== 'within') }
        return area({ type: 'MultiPolygon', coordinates: shape }, { id, name, kind, strict, ...label })
      }),
  )
}

/** The address of the page about one thing. */
export function pageOf(kind: Kind, id: string): string {
  return { fire_points: `/fire/${id}`, findings: `/finding/${id}`, sites: `/sites/${id}` }[kind]
}
