import { expect, test } from 'vitest'
import { isWhole, known, lastWhole, percentOf, underWay, wishIn, type Export } from './exports'

const file = (more: Partial<Export>): Export =>
  ({ state: 'running', progress: { done: 0, total: null }, ...more }) as Export

test('a link brings its kind, its format and the filters that the kind knows', () => {
  const asked = { kind: 'findings', format: 'gpkg', cell: '450206', figure: 'overdue', page: '3', text: '' }
  expect(wishIn(asked, 'en')).toEqual({
    kind: 'findings',
    format: 'gpkg',
    filters: { cell: '450206', figure: 'overdue' },
    language: 'en',
  })
})

test('what a link has wrong falls back to the first kind and its first format', () => {
  expect(wishIn({ kind: 'novel', format: 'docx' }, 'zh-CN')).toMatchObject({ kind: 'weekly-list', format: 'xlsx' })
})

test('of the filters only those of the kind are taken along to another one', () => {
  expect(known('fire-point-ledger', { cell: '450206', topic: 'dust' })).toEqual({ cell: '450206' })
  expect(known('period-summary', { period: 'p', cell: '450206' })).toEqual({ period: 'p' })
})

test('a report needs its area and its day or month, and begins with the last one that is over', () => {
  expect(isWhole({ kind: 'daily-report', filters: { cell: '450206' } })).toBe(false)
  expect(isWhole({ kind: 'daily-report', filters: { cell: '450206', day: '2026-11-22' } })).toBe(true)
  expect(isWhole({ kind: 'monthly-report', filters: { cell: '', month: '2026-11' } })).toBe(false)
  expect(isWhole({ kind: 'ledger', filters: {} })).toBe(true)
  expect(known('monthly-report', { cell: '450206', day: '2026-11-22' })).toEqual({ cell: '450206' })
  expect([lastWhole('day', '2027-01-01'), lastWhole('month', '2027-01-01')]).toEqual(['2026-12-31', '2026-12'])
})

test('progress is whole percent once the rows are counted, and never over a hundred', () => {
  expect(percentOf(file({}))).toBeNull()
  expect(percentOf(file({ progress: { done: 2, total: 3 } }))).toBe(66)
  expect(percentOf(file({ progress: { done: 5, total: 3 } }))).toBe(100)
})

test('what is queued or running is under way', () => {
  expect([file({ state: 'queued' }), file({}), file({ state: 'done' })].map(underWay)).toEqual([true, true, false])
})
