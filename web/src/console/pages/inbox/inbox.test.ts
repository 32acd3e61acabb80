import { expect, test } from 'vitest'
import type { Finding } from './case'
import { byTerm, merged, queriesOf, viewsOf } from './inbox'

const finding = (number: string, due: string | null, parked: string | null = null): Finding =>
  ({ number, case: { office: null, due_at: due, parked_until: parked } }) as Finding

test('a handler begins with what is to be signed for, a dispatcher with what is to be decided', () => {
  expect(viewsOf('handler')[0]).toBe('sign')
  expect(viewsOf('supervisor')[0]).toBe('decide')
})

test('a handler sees the own office alone, a dispatcher the office asked for or all', () => {
  expect(queriesOf('working', 'handler', 'own', 'other', false)).toMatchObject([{ office: 'own', state: 'rectifying' }])
  expect(queriesOf('sign', 'admin', 'own', 'other', true)).toMatchObject([{ office: 'other', figure: 'overdue' }])
  expect(queriesOf('decide', 'admin', null, '', false)).toMatchObject([{ waiting: 'return', office: null }, {}])
})

test('the earliest term comes first, what is parked by its end, and what has none last', () => {
  const rows = [
    finding('d', null),
    finding('c', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'),
    finding('b', '2026-11-20T00:00:00Z'),
    finding('a', '2026-11-20T08:00:00+08:00'),
  ]
  expect(byTerm(rows).map((row) => row.number)).toEqual(['a', 'b', 'c', 'd'])
})

test('a finding for which a return and more time were asked is one entry that wants both', () => {
  const one = { ...finding('a', null), id: '1' }
  const two = { ...finding('b', null), id: '2' }
  const found = merged([
    { query: { waiting: 'return' }, findings: [one] },
    { query: { waiting: 'extension' }, findings: [two, one] },
  ])
  expect(found.map((each) => [each.id, each.wants])).toEqual([
    ['1', ['return', 'extension']],
    ['2', ['extension']],
  ])
})
