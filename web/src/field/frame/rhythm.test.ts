import { expect, test } from 'vitest'
import { CALM_MS, nextTryMs } from './rhythm'

const NO_ANSWER = { code: 'no-answer' }

test('after each failure the next try is later, up to ten minutes', () => {
  const waits = [1, 2, 3, 6, 50].map((failures) => nextTryMs(NO_ANSWER, failures, 0) / 1000)
  expect(waits).toEqual([15, 30, 60, 600, 600])
})

test('a server that says when to come again is not asked before', () => {
  expect(nextTryMs({ code: 'overloaded', retryAfterS: 90 }, 1, 0)).toBe(90_000)
  expect(nextTryMs({ code: 'overloaded', retryAfterS: 1 }, 1, 0)).toBe(15_000)
})

test('phones that fail together do not come back together', () => {
  expect(nextTryMs(NO_ANSWER, 1, 0.5)).toBeGreaterThan(nextTryMs(NO_ANSWER, 1, 0))
})

test('when all is well it looks again now and then', () => {
  expect(nextTryMs(null, 0, 0.9)).toBe(CALM_MS)
})
