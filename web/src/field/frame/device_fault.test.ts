import { expect, test } from 'vitest'
import { StorageFull } from '../sync'
import { faultKey } from './device_fault'

test('a fault of the phone has words of its own, whatever its text', () => {
  expect(faultKey(new StorageFull('no room'))).toBe('frame.fault.storage-full')
  expect(faultKey(new DOMException('x', 'QuotaExceededError'))).toBe('frame.fault.storage-full')
  expect([new TypeError('undefined is no function'), null, 'x'].map(faultKey)).toEqual(
    Array(3).fill('frame.fault.other'),
  )
})
