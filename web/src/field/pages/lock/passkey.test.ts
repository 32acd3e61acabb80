import { expect, test } from 'vitest'
import { personVerified } from './passkey'

function authenticatorSays(flags: number, length = 37): ArrayBuffer {
  const data = new Uint8Array(length)
  if (length > 32) data[32] = flags
  return data.buffer
}

test('a touch alone does not open: the phone must have checked who it was', () => {
  expect([personVerified(authenticatorSays(0x05)), personVerified(authenticatorSays(0x01))]).toEqual([true, false])
})

test('an answer that is cut short opens nothing', () => {
  expect(personVerified(authenticatorSays(0xff, 33))).toBe(false)
})
