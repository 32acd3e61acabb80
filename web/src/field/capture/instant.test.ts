import { expect, test } from 'vitest'
import { clock, localInstant, stamp } from './instant'

test("an instant states the offset of the phone's clock, for EXIF has none", () => {
  const at = new Date('2026-11-26T02:00:00.250Z')
  expect(localInstant(at)).toMatch(/\.250[+-]\d\d:\d\d$/)
  expect(new Date(localInstant(at))).toEqual(at)
  expect(stamp(at)).toMatch(/^202611\d\d_\d{6}$/)
})

test('seconds read like a clock', () => {
  expect([clock(0), clock(59.9), clock(65)]).toEqual(['00:00', '00:59', '01:05'])
})
