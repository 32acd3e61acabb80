import { expect, test } from 'vitest'
import { warningsOf } from './storage'

const GB = 1024 ** 3
const calm = { persisted: true, used: GB, quota: 10 * GB }

test('room enough that the browser keeps is nothing to worry about', () => {
  expect(warningsOf(calm)).toEqual([])
})

test('what the browser may clear is said, and one that does not say is not suspected', () => {
  expect(warningsOf({ ...calm, persisted: false })).toEqual(['not-persistent'])
  expect(warningsOf({ persisted: null, used: null, quota: null })).toEqual([])
})

test('nearly full and full are told apart, the worse of all things first', () => {
  expect(warningsOf({ ...calm, used: 8.5 * GB })).toEqual(['nearly-full'])
  expect(warningsOf({ persisted: false, used: 9.8 * GB, quota: 10 * GB })).toEqual(['full', 'not-persistent'])
})

test('a small quota counts as nearly full when a photo or two are left', () => {
  expect(warningsOf({ ...calm, used: 50 * 1024 ** 2, quota: 100 * 1024 ** 2 })).toEqual(['nearly-full'])
  expect(warningsOf({ ...calm, used: 90 * 1024 ** 2, quota: 100 * 1024 ** 2 })).toEqual(['full'])
})
