import { expect, test } from 'vitest'
import { zonesOf } from '../../geo/zones'
import { nearestFirst, placed, pointsOf, zonesDrawn, type FindingRow, type FireRow, type SiteRow } from './drawn'

const HERE = { lon: 109.4, lat: 24.3 }
const site = (id: string, lat: number, status = 'active'): SiteRow => ({
  ...{ id, name: `工地${id}`, status, kind: 'construction', location: { lon: 109.4, lat } },
})
const fire = (id: string, state: string): FireRow => ({ id, number: `H-${id}`, state, place: null, location: HERE })
const finding = (id: string, state: string): FindingRow => ({
  ...{
    id,
    number: `W-${id}`,
    description: '裸土未覆盖',
    state,
    severity: 'general',
    location: { lon: 109.4, lat: 24.31 },
  },
})

test('the nearest comes first, with its distance in metres', () => {
  const items = nearestFirst(placed([site('far', 24.5), site('near', 24.301)], [], []), HERE)
  expect(items.map((item) => item.id)).toEqual(['near', 'far'])
  expect(items[0]!.metres).toBeGreaterThan(100)
  expect(items[0]!.metres).toBeLessThan(120)
})

test('without a position fires come first, then findings, then sites, and no distance is made up', () => {
  const items = nearestFirst(placed([site('a', 24.3)], [finding('b', 'rectifying')], [fire('c', 'open')]), null)
  expect(items.map((item) => [item.kind, item.metres])).toEqual([
    ['fire_points', null],
    ['findings', null],
    ['sites', null],
  ])
})

test('what is settled, closed, answered or has no place is not shown', () => {
  const nowhere: SiteRow = { ...site('x', 24.3), location: null }
  const rows = [nowhere, site('gone', 24.3, 'closed')]
  expect(placed(rows, [finding('b', 'closed')], [fire('c', 'answered'), fire('d', 'merged')])).toEqual([])
})

test('a point carries its sign, and a name that fits', () => {
  const [item] = placed([{ ...site('a', 24.3), name: '柳江区拉堡镇兴柳路三期商业综合体项目' }], [], [])
  const { features } = pointsOf([item!], 'sites', { sites: '场', findings: '问', fire_points: '火' })
  expect(features[0]!.properties).toMatchObject({ id: 'a', sign: '场' })
  expect(String(features[0]!.properties.name)).toHaveLength(14)
})

test('zones of the day are drawn and named, and only those that forbid all through are filled', () => {
  const ring = [
    [109, 24],
    [109.1, 24],
    [109.1, 24.1],
    [109, 24],
  ]
  const area = { polygons: [{ type: 'Polygon', coordinates: [ring] }] }
  const zone = (id: string, more: object = {}) => ({
    ...{ id, name: id, kind: 'no-burn', area, valid: { from: '2026-01-01' } },
    ...more,
  })
  const file = {
    zones: [
      zone('now'),
      zone('past', { valid: { from: '2026-01-01', through: '2026-11-25' } }),
      zone('to come', { valid: { from: '2026-12-01' } }),
      zone('all else', { kind: 'restricted-burn', default: true }),
      zone('somewhere in it', { extent: 'within' as const }),
      zone('unknown ground', { area: undefined }),
    ],
  }
  const labelOf = (kind: string, isKnown: boolean) => `${kind}${isKnown ? '' : ' within'}`
  const drawn = zonesDrawn(zonesOf([file]), new Date('2026-11-26T02:00:00Z'), labelOf).features
  expect(drawn.map(({ properties: { id, strict, label } }) => [id, strict, label])).toEqual([
    ['now', true, 'no-burn'],
    ['somewhere in it', false, 'no-burn within'],
    ['all else', false, undefined],
  ])
})
