import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { gridOf, type CellCollection } from './geo/grid'
import { rulesIn } from './rules-here'
import { spotOf, verdictsAt, zonesAsked, zonesInForce, zonesThere } from './zones-in-force'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../tests/geo/${name}`, import.meta.url), 'utf-8'))
const grid = gridOf((read('vectors.json') as { grid: CellCollection }).grid)
/** The zones that are shipped for Liuzhou; all of 城中区 (about 109.43, 24.36) is a no-burn zone. */
const { files } = read('zone-vectors.json') as { files: object[] }
const NOW = new Date('2026-11-26T02:00:00Z')
const TOWN = grid.cell('450202')!.shape!
const IN_TOWN = { lon: 109.44, lat: 24.34 }

/** A device with these sets of zones, and the files of those whose name does not end in `?`. */
function device(...sets: { city: string; file: string; retired_at?: string; says?: unknown }[]) {
  const said = new Map(sets.map(({ file, says = files[0] }) => [file, new Blob([JSON.stringify(says)])]))
  return {
    rows: async () => sets.map((set) => ({ id: set.file, retired_at: null, ...set })) as never,
    pack: async (file: string) => (file.endsWith('?') ? undefined : said.get(file)),
  }
}
const liuzhou = { city: '450200', file: 'lz' }
const at = (place: { lon: number; lat: number }, accuracyM: number | null = null) => ({
  ...{ at: [place.lon, place.lat] as const, accuracyM },
})

test('the zones of a city are told of every place in it, by what holds and by what nobody can tell', async () => {
  const inForce = await zonesInForce(device(liuzhou))
  expect(TOWN.length).toBeGreaterThan(0)
  const there = zonesThere(['no-burn', 'no-fireworks', 'built-up'], inForce, grid, at(IN_TOWN), NOW)
  expect(there).toEqual({ hold: ['no-burn'], doubtful: ['built-up', 'no-fireworks'] })
  expect(rulesIn(verdictsAt(inForce, grid, at(IN_TOWN), NOW))).toEqual([['certain', 'no-burn', 'burning']])
})

test('where a city has no zones in force, or the list asks of none, nothing is said', async () => {
  const retired = await zonesInForce(device({ ...liuzhou, retired_at: '2026-01-01T00:00:00Z' }))
  expect(zonesThere(['no-burn'], retired, grid, at(IN_TOWN), NOW)).toBeNull()
  const inForce = await zonesInForce(device(liuzhou))
  const guigang = { lon: 109.6, lat: 23.1 }
  expect(zonesThere(['no-burn'], inForce, grid, at(guigang), NOW)).toBeNull()
  expect(zonesThere([], inForce, grid, at(IN_TOWN), NOW)).toBeNull()
})

test('a set whose file is not here yet, or says what is not understood, leaves everything open', async () => {
  expect(await zonesInForce(device(liuzhou, { city: '450800', file: 'gg?' }))).toBeNull()
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const says = { zones: [{ id: 'z', kind: 'no-horses', valid: { from: '2026-01-01' }, area: { polygons: [{}] } }] }
  expect(await zonesInForce(device({ ...liuzhou, says }))).toBeNull()
  expect(told).toHaveBeenCalledOnce()
  expect(zonesThere(['no-burn'], null, grid, at(IN_TOWN), NOW)).toBeNull()
})

test('a position counts before that of the site, in its own datum; a site without a place has none', () => {
  const position = { ...IN_TOWN, datum: 'WGS84' as const, accuracy_m: 8, altitude_m: null, provider: null, mock: null }
  const site = { id: 's', location: { lon: 109.5, lat: 24.5 } }
  expect(spotOf({ ...position, at: '' }, site)).toEqual(at(IN_TOWN, 8))
  expect(spotOf(null, site)).toEqual(at({ lon: 109.5, lat: 24.5 }))
  expect([spotOf(null, { id: 's', location: null }), spotOf(null)]).toEqual([null, null])
})

test('the zones that a checklist asks about are named once', () => {
  const item = (...zones: string[]) => ({ applies: { zones } })
  expect(zonesAsked({ items: [item('no-burn'), item(), { applies: {} }, item('no-burn', 'built-up')] })).toEqual([
    ...['no-burn', 'built-up'],
  ])
})
