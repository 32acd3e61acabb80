import { expect, test } from 'vitest'
import type { Standing } from '../../sync'
import { photosUnchanged, stationOf } from './progress'

function standing(opsReceived: number, mediaStored: number, more: Partial<Standing> = {}): Standing {
  return { state: 'on-device', reason: null, ops: 3, opsReceived, media: 2, mediaStored, bytesLeft: 0, ...more }
}

test('a submission is received when its last op is, and complete when its last photo is', () => {
  expect(stationOf(standing(2, 2))).toBe('on-device')
  expect(stationOf(standing(3, 1))).toBe('received')
  expect(stationOf(standing(3, 2))).toBe('complete')
})

test('what was rejected or is held is received and not complete; what is in conflict is all there', () => {
  expect(stationOf(standing(3, 2, { state: 'needs-you', reason: 'args-invalid' }))).toBe('received')
  expect(stationOf(standing(3, 2, { state: 'needs-you', reason: 'conflict' }))).toBe('complete')
  expect(stationOf(standing(3, 1, { state: 'needs-you', reason: 'conflict' }))).toBe('received')
  expect(stationOf(standing(2, 2, { state: 'needs-you', reason: 'args-invalid' }))).toBe('on-device')
})

test('no photo, and photos on their way, are not called unchanged', () => {
  expect(photosUnchanged(standing(3, 2))).toBe(true)
  expect(photosUnchanged(standing(3, 1))).toBe(false)
  expect(photosUnchanged(standing(3, 0, { media: 0 }))).toBe(false)
})
