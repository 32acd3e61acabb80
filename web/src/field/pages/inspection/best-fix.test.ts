import { describe, expect, test } from 'vitest'
import type { Position } from '../../sync'
import { AT_IT_MS, isBetter, SITE_M, WALK_M } from './best-fix'

const NINE = Date.parse('2026-11-26T09:00:00+08:00')
const METRES_NORTH = 1 / 110_800 // degrees of latitude at 24 degrees north

/** A fix so many metres north of the site's gate, so many minutes after nine. */
function fix(north: number, accuracy_m: number | null, minutes = 0, provider = 'browser'): Position {
  return {
    ...{ lon: 109.33, lat: 24.255 + north * METRES_NORTH, datum: 'CGCS2000', accuracy_m, altitude_m: null },
    ...{ provider, mock: null, at: new Date(NINE + minutes * 60_000).toISOString() },
  }
}
const GATE = [109.33, 24.255] as const
const open = { lastDone: null, registered: null }
const atNine = { lastDone: new Date(NINE).toISOString(), registered: null }
const FAR = 5_000

describe('by hand', () => {
  test.each([open, atNine, { ...atNine, registered: GATE }])('a place put by hand stands: %o', (doing) => {
    expect(isBetter(fix(FAR, null, 300, 'manual'), fix(0, 3), doing)).toBe(true)
    expect(isBetter(fix(0, 3), fix(FAR, null, 0, 'manual'), doing)).toBe(false)
  })
})

describe('while nothing was done yet', () => {
  test('any fix is better than none', () => expect(isBetter(fix(0, 3_000), null, open)).toBe(true))

  test('of fixes that may be one place the more accurate stands', () => {
    expect(isBetter(fix(0, 8), fix(WALK_M, 30), open)).toBe(true)
    expect(isBetter(fix(0, 30), fix(WALK_M, 8), open)).toBe(false)
    expect(isBetter(fix(0, 8), fix(1_500, 2_000), open)).toBe(true)
    expect(isBetter(fix(0, null), fix(0, 2_000), open)).toBe(false)
  })

  test('who prepared it at the office and drove on is where she drove, though the fix there is worse', () =>
    expect(isBetter(fix(FAR, 60, 40), fix(0, 5), open)).toBe(true))
})

describe('once something was done', () => {
  test('a better fix from there, taken while she is at it, is the place', () => {
    expect(isBetter(fix(20, 6, 5), fix(0, 40), atNine)).toBe(true)
    expect(isBetter(fix(20, 40, 5), fix(0, 6), atNine)).toBe(false)
  })

  test('a better fix from elsewhere never is', () => {
    expect(isBetter(fix(FAR, 4, 5), fix(0, 90), atNine)).toBe(false)
    expect(isBetter(fix(WALK_M + 100, 4, 5), fix(0, 90), atNine)).toBe(false)
  })

  test('long after she is not known to be there, however near it may be', () => {
    const soon = AT_IT_MS / 60_000
    expect(isBetter(fix(0, 4, soon), fix(0, 90), atNine)).toBe(true)
    expect(isBetter(fix(0, 4, soon + 1), fix(0, 90), atNine)).toBe(false)
    expect(isBetter(fix(0, 4, soon), null, atNine)).toBe(true)
    expect(isBetter(fix(0, 4, soon + 1), null, atNine)).toBe(false)
  })
})

describe('at a site whose place is registered', () => {
  const [begun, done] = [
    { ...open, registered: GATE },
    { ...atNine, registered: GATE },
  ]

  test.each([begun, done])('a fix there goes before one elsewhere, whatever their accuracy: %o', (doing) => {
    expect(isBetter(fix(SITE_M - 10, 90), fix(FAR, 3), doing)).toBe(true)
    expect(isBetter(fix(FAR, 3), fix(SITE_M - 10, 90), doing)).toBe(false)
  })

  test('a site that was answered for without any fix takes one from there alone', () => {
    expect(isBetter(fix(100, 20, 300), null, done)).toBe(true)
    expect(isBetter(fix(FAR, 3, 300), null, done)).toBe(false)
  })

  test('where the register is wrong, it is where she did it', () => {
    expect(isBetter(fix(FAR + 10, 6, 5), fix(FAR, 40), done)).toBe(true)
    expect(isBetter(fix(2 * FAR, 6, 5), fix(FAR, 40), done)).toBe(false)
  })
})

test('a fix in another datum is compared where it truly is, and one that is no place is none', () => {
  const shifted = { ...fix(0, 4, 5), datum: 'GCJ02' as const } // some 500 m away from the same numbers
  expect(isBetter(shifted, fix(0, 40), atNine)).toBe(false)
  expect(isBetter({ ...fix(0, 4), lat: 200 }, null, open)).toBe(false)
})
