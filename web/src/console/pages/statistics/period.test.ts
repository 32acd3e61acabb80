import { expect, test } from 'vitest'
import { periodOf, spanAsked, spanOf } from './period'

test('last month ends with its own last day, also of a leap year', () => {
  expect(spanOf('last-month', '2028-03-15')).toEqual({ from: '2028-02-01', to: '2028-02-29' })
})

test('in January last month and last quarter lie in the year before', () => {
  expect(spanOf('last-month', '2027-01-05')).toEqual({ from: '2026-12-01', to: '2026-12-31' })
  expect(spanOf('last-quarter', '2027-01-05')).toEqual({ from: '2026-10-01', to: '2026-12-31' })
})

test('what runs still ends with today', () => {
  expect(spanOf('quarter', '2026-11-26')).toEqual({ from: '2026-10-01', to: '2026-11-26' })
  expect(spanOf('last-year', '2026-11-26')).toEqual({ from: '2025-01-01', to: '2025-12-31' })
})

test('a span that has a name today is called by it', () => {
  expect(periodOf({ from: '2026-11-01', to: '2026-11-26' }, '2026-11-26')).toBe('month')
  expect(periodOf({ from: '2026-11-02', to: '2026-11-26' }, '2026-11-26')).toBeNull()
})

test('an address that cannot be read means this year', () => {
  expect(spanAsked({ from: '2026-12-01', to: '2026-11-01' }, '2026-11-26').from).toBe('2026-01-01')
  expect(spanAsked({ from: '2026-10-01', to: '2026-11-01' }, '2026-11-26').from).toBe('2026-10-01')
})
