import { expect, test } from 'vitest'
import { termOf } from './due'

const NOW = new Date('2026-11-26T02:00:00Z')

test('a term says what is left of it in its largest unit', () => {
  expect(termOf('2026-11-29T03:00:00Z', null, NOW)).toEqual({ kind: 'open', count: 3, unit: 'days' })
  expect(termOf('2026-11-26T12:59:00Z', null, NOW)).toEqual({ kind: 'soon', count: 10, unit: 'hours' })
})

test('a term that is over says how late it is', () => {
  expect(termOf('2026-11-24T01:00:00Z', null, NOW)).toEqual({ kind: 'over', count: 2, unit: 'days' })
})

test('what is put aside is not late until then', () => {
  expect(termOf('2026-11-24T01:00:00Z', '2026-12-01T02:00:00Z', NOW)).toMatchObject({ kind: 'parked', count: 5 })
  expect(termOf('2026-11-24T01:00:00Z', '2026-11-25T02:00:00Z', NOW)).toMatchObject({ kind: 'over' })
})

test('without a term there is none', () => expect(termOf(null, null, NOW)).toBeNull())
