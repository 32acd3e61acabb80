import { expect, test } from 'vitest'
import type { Site } from '../../rows'
import { dialled, found, metresBetween, waysTo } from './nearby'

const LIUZHOU = { lon: 109.4117, lat: 24.3146 }

function site(name: string, more: Partial<Site> = {}): Site {
  const rest = { code: name, kind: 'construction', status: 'active', address: null, responsible_unit: null }
  return { id: name, name, location: null, ...rest, ...more } as Site
}

test('a minute of latitude is a sea mile', () => {
  expect(metresBetween(LIUZHOU, { ...LIUZHOU, lat: LIUZHOU.lat + 1 / 60 })).toBeCloseTo(1853.2, 0)
  expect(metresBetween(LIUZHOU, LIUZHOU)).toBe(0)
})

test('with a position the nearest site comes first, and those without a place last', () => {
  const sites = [site('无坐标'), site('远', { location: { lon: 109.6, lat: 24.3 } }), site('近', { location: LIUZHOU })]
  const names = found(sites, { text: '', kind: null, near: LIUZHOU }).map((each) => each.site.name)
  expect(names).toEqual(['近', '远', '无坐标'])
})

test('every word must be found, in the name, code, address or unit, whatever its width and case', () => {
  const sites = [
    site('演示工地一号', { code: 'LJ-001', address: '拉堡镇' }),
    site('演示工地二号', { address: '里雍镇' }),
  ]
  const names = (text: string): string[] => found(sites, { text, kind: null, near: null }).map((each) => each.site.name)
  expect(names('工地 拉堡')).toEqual(['演示工地一号'])
  expect(names('ｌｊ－００１')).toEqual(['演示工地一号'])
  expect(names('堆场')).toEqual([])
})

test('closed sites and those of another kind are left out', () => {
  const sites = [
    site('关', { status: 'closed' }),
    site('站', { kind: 'petrol_station' }),
    site('新', { status: 'proposed' }),
  ]
  const all = found(sites, { text: '', kind: null, near: null }).map((each) => each.site.name)
  expect(all).toEqual(expect.arrayContaining(['新', '站']))
  expect(all).toHaveLength(2)
  expect(found(sites, { text: '', kind: 'petrol_station', near: null }).map((each) => each.site.name)).toEqual(['站'])
})

test('a map app is told the datum, and a comma in a name is not taken for a coordinate', () => {
  const ways = waysTo('一号,工地', LIUZHOU)
  expect(ways.amap).toContain('coordinate=wgs84')
  expect(decodeURIComponent(ways.amap)).toContain('to=109.411700,24.314600,一号 工地&')
  expect(ways.geo).toMatch(/^geo:24\.314600,109\.411700\?q=24\.314600,109\.411700\(/)
})

test('numbers are dialled as they are meant, however an office typed them', () => {
  expect(dialled('0772-721 1234')).toEqual(['07727211234'])
  expect(dialled('１３８０００００００１、13900000002')).toEqual(['13800000001', '13900000002'])
  expect(dialled('张工13800000001 门卫')).toEqual(['13800000001'])
  expect([dialled(null), dialled('无')]).toEqual([[], []])
})
