import { expect, test } from 'vitest'
import { before, ordered, standingOf } from './checklists'

const of = (version: string, more = {}) => ({ code: 'straw', version, published_at: '2026-01-01', ...more })

test('versions are ordered by their numbers, not their letters', () => {
  const all = ordered([of('2026.9'), of('2026.10')], [{ code: 'straw', version: '2026.11' }])
  expect(all.map((each) => each.version)).toEqual(['2026.11', '2026.10', '2026.9'])
  expect(before(all[0]!, all)?.version).toBe('2026.10')
  expect(before(all[2]!, all)).toBeNull()
})

test('what was never published is a draft', () => {
  expect(standingOf({ code: 'a', version: '1' })).toBe('draft')
  expect(standingOf(of('1', { retired_at: '2026-02-01' }))).toBe('retired')
  expect(standingOf(of('1', { retired_at: null }))).toBe('published')
})
