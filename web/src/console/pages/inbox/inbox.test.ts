import { expect, test } from 'vitest'
import type { Finding } from './case'
import { byTerm, queryOf, viewsOf } from './inbox'

const finding = (number: string, due: string | null, parked: string | null = null): Finding =>
  ({ number, case: { office: null, due_at: due, parked_until: parked } }) as Finding

test('a handler begins with what is to be signed for, a dispatcher with what is to be decided', () => {
  expect(viewsOf('handler')[0]).toBe('sign')
  expect(viewsOf('supervisor')[0]).toBe('decide')
})

test('a handler sees the own office alone, a dispatcher the office asked for or all', () => {
  expect(queryOf('working', 'handler', 'own', 'other', false)).toMatchObject({ office: 'own', state: 'rectifying' })
  expect(queryOf('decide', 'admin', 'own', 'other', true)).toMatchObject({ office: 'other', figure: 'overdue' })
  expect(queryOf('decide', 'admin', null, '', false)).toMatchObject({ office: null, figure: null })
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
