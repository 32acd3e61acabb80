import { expect, test } from 'vitest'
import { mayApply, minutesUntilThere, queryOf, type Asked, type Look } from './fires'

const ASKED: Asked = {
  cell: '',
  state: 'open',
  outcome: '',
  zone: '',
  source: '',
  from: '',
  to: '',
  view: 'map',
  at: '1,2,3',
}

test("days are asked for by China's clock, the last one whole; how it is looked at is not asked", () => {
  expect(queryOf({ ...ASKED, from: '2026-11-25', to: '2026-11-30' })).toEqual({
    state: 'open',
    first_from: '2026-11-25T00:00:00+08:00',
    first_to: '2026-12-01T00:00:00+08:00',
  })
  expect(queryOf(ASKED)).toEqual({ state: 'open' })
})

test('a text with a fault, or without a place in it, becomes no fire point', () => {
  const look = (state: string, faults: number, sightings: number) => ({ state, report: { faults, sightings } }) as Look
  expect(mayApply(look('checked', 0, 2))).toBe(true)
  expect(mayApply(look('refused', 1, 2))).toBe(false)
  expect(mayApply(look('checked', 0, 0))).toBe(false)
  expect(mayApply(look('applied', 0, 2))).toBe(false)
  expect(mayApply(null)).toBe(false)
})

test('how fast somebody was there counts from when it was reported', () => {
  const reported_at = '2026-11-26T02:00:00Z'
  expect(minutesUntilThere({ reported_at, arrived_at: '2026-11-26T02:41:00Z' })).toBe(41)
  expect(minutesUntilThere({ reported_at, arrived_at: null })).toBeNull()
})
