import { expect, test } from 'vitest'
import { marks } from './marks'

const say = (key: string): string => key
const HERE = {
  ...{ lon: 109.4117, lat: 24.3146, datum: 'WGS84' as const, accuracy_m: 7.6, altitude_m: null, provider: 'browser' },
  ...{ mock: null, at: '2026-11-26T10:00:00.000+08:00' },
}
const AT = new Date('2026-11-26T02:00:00Z')

test('a mark says when in Beijing time, where with its datum and accuracy, which cell, and who', () => {
  expect(marks({ at: AT, position: HERE, cell: '柳江区', inspector: '韦工' }, say)).toEqual([
    '2026-11-26 10:00:00 capture.mark.beijing',
    '109.41170, 24.31460 (WGS84) ±8 m',
    '柳江区',
    '韦工',
  ])
})

test('a place put by hand says so, and no place says that too', () => {
  const manual = { ...HERE, provider: 'manual', accuracy_m: null }
  expect(marks({ at: AT, position: manual, cell: null, inspector: null }, say)[1]).toContain('capture.mark.manual')
  expect(marks({ at: AT, position: null, cell: null, inspector: null }, say)[1]).toBe('capture.mark.no-place')
})
