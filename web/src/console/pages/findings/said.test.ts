import { expect, test } from 'vitest'
import { Problem } from '@shared/problem'
import { changedBy } from './said'

test('of two supervisors at once the second is told who was first', () => {
  const last = { action: 'verify', by: { id: 'l', name: '罗芳' }, at: '2026-11-26T02:00:00Z' }
  expect(changedBy(new Problem({ status: 409, code: 'state-changed', state: 'verified', last }))).toEqual({
    state: 'verified',
    last,
  })
})

test('other errors are none of this kind', () => {
  expect(changedBy(new Problem({ status: 422, code: 'note-missing' }))).toBeNull()
  expect(changedBy(new Error('x'))).toBeNull()
})
