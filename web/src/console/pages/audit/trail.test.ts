import { expect, test } from 'vitest'
import chinese from '../../words/audit.zh-CN.json'
import { DEEDS, detailsOf, queryOf, wholeDetails, wordOf } from './trail'

test("days are asked for by China's clock, the last one whole", () => {
  const asked = { actor: '', action: 'read.', subject: '', from: '2026-11-30', to: '2026-11-30' }
  expect(queryOf(asked)).toMatchObject({
    action: 'read.',
    since: '2026-11-30T00:00:00+08:00',
    until: '2026-12-01T00:00:00+08:00',
  })
  expect(queryOf({ ...asked, from: '', to: '' })).toMatchObject({ since: '', until: '' })
})

const words: Record<string, string> = { fields: '改动', rows: '行数', to: '交给', filters: '条件', by: '由' }
const named = (name: string) => words[name]

test('details stand in a line, in words; what is empty or has no words is left out', () => {
  const details = { fields: ['phone', 'role'], rows: 9, asked: ['limit'], by: null }
  expect(detailsOf(details, named)).toBe('改动: phone, role; 行数: 9')
})

test('details name people and things where they can, and cut hashes short; the level below has all', () => {
  const details = { to: 'u-1', filters: { cell: '450206' }, sha256: 'ab'.repeat(32) }
  const called = (id: string) => (id === 'u-1' ? '韦敏' : undefined)
  expect(detailsOf(details, named, called)).toBe('交给: 韦敏; 条件: cell: 450206')
  expect(detailsOf(details, (name) => name, undefined, { colon: '：', end: '；' })).toBe(
    'to：u-1；filters：cell: 450206；sha256：abababababab…',
  )
  expect(wholeDetails(details)).toEqual(['to: u-1', 'filters: {"cell":"450206"}', `sha256: ${'ab'.repeat(32)}`])
})

test('every deed that can be asked for has its words under one key', () => {
  expect(wordOf('read.people')).toBe('audit.deed.read_people')
  const known = new Set(Object.keys(chinese.audit.deed).map((key) => `audit.deed.${key}`))
  expect(DEEDS.map(wordOf).filter((key) => !known.has(key))).toEqual([])
})
