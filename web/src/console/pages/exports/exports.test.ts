import { expect, test } from 'vitest'
import { known, percentOf, sizeOf, underWay, wishIn, type Export } from './exports'

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

test('progress is whole percent once the rows are counted, and never over a hundred', () => {
  expect(percentOf(file({}))).toBeNull()
  expect(percentOf(file({ progress: { done: 2, total: 3 } }))).toBe(66)
  expect(percentOf(file({ progress: { done: 5, total: 3 } }))).toBe(100)
})

test('what is queued or running is under way, and sizes are told as people read them', () => {
  expect([file({ state: 'queued' }), file({}), file({ state: 'done' })].map(underWay)).toEqual([true, true, false])
  expect([sizeOf(null), sizeOf(10), sizeOf(319_488), sizeOf(4_299_161)]).toEqual(['—', '1 KB', '312 KB', '4.1 MB'])
})
