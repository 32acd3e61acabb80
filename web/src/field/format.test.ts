import { expect, test } from 'vitest'
import { dayOf, daysBetween, shownDistance, shownMoment, shownSize } from './format'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [4096, '4 KB'],
  [1_000_000, '977 KB'],
  [8_808_038, '8.4 MB'],
  [209_715_200, '200 MB'],
  [3_221_225_472, '3.0 GB'],
])('%i bytes are shown as %s', (bytes, shown) => {
  expect(shownSize(bytes)).toBe(shown)
})

test.each([
  [4, '0 m'],
  [347, '350 m'],
  [996, '1.0 km'],
  [2400, '2.4 km'],
  [123_456, '123 km'],
])('%d metres are shown as %s', (metres, shown) => {
  expect(shownDistance(metres)).toBe(shown)
})

test('a moment of today is a time, another has its day', () => {
  const now = new Date(2026, 10, 26, 20, 0)
  expect(shownMoment(new Date(2026, 10, 26, 8, 5), now, 'zh-CN')).toBe('08:05')
  expect(shownMoment(new Date(2026, 10, 25, 8, 5), now, 'zh-CN')).toBe('11月25日 08:05')
  expect(shownMoment(new Date(2025, 10, 25, 8, 5), now, 'zh-CN')).toMatch(/^2025.*08:05$/)
})

test('days are counted by the calendar', () => {
  expect(daysBetween('2026-02-27', '2026-03-01')).toBe(2)
  expect(dayOf(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05')
})
