import { expect, test } from 'vitest'
import { nextFor, type CountyTable } from './counties'

const table = (state: CountyTable['state'], fresh: number, changed: number): CountyTable =>
  ({ state, report: { new: fresh, changed } }) as CountyTable

test('a table with faults is mended, one that says something new applied, one that says nothing new left alone', () => {
  expect(nextFor(table('refused', 3, 0))).toBe('mend')
  expect(nextFor(table('checked', 0, 1))).toBe('apply')
  expect(nextFor(table('checked', 0, 0))).toBe('nothing')
  expect(nextFor(table('applied', 2, 0))).toBe('done')
})
