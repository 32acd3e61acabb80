import { expect, test } from 'vitest'
import { pageOf, percent } from './figures'

test('the list behind a number opens with the same query, untouched', () => {
  const query = '/api/v1/findings?found_from=2026-11-01&figure=overdue&as_of=2026-11-26T03%3A17%3A15%2B00%3A00'
  expect(pageOf(query)).toBe(query.replace('/api/v1', ''))
  expect(pageOf('/api/v1/statistics/hundreds/sites?set=six-liuzhou')).toBe('/statistics/hundreds?set=six-liuzhou')
})

test('a list without a page is no link', () => expect(pageOf('/api/v1/backups')).toBeNull())

test('a share of nothing is not nought', () => {
  expect(percent({ numerator: 0, denominator: 0, rate: null })).toBe('—')
  expect(percent({ numerator: 0, denominator: 4, rate: 0 })).toBe('0 %')
  expect(percent({ numerator: 2, denominator: 3, rate: 0.6667 })).toBe('66.7 %')
})
