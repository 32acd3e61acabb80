import { expect, test } from 'vitest'
import { askedIn } from './asked'

test('what is not in the address is empty, and of several the first counts', () => {
  expect(askedIn(['role', 'name'], { role: ['admin', 'handler'], page: '3' })).toEqual({ role: 'admin', name: '' })
})
