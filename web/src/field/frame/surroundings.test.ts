import { expect, test } from 'vitest'
import { obstacle, platformOf, storageObstacle } from './surroundings'

const CHROME = 'Mozilla/5.0 (Linux; Android 14; M2012K11AC) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36'
const WECHAT = `${CHROME} MicroMessenger/8.0.50 NetType/4G Language/zh_CN`
const good = { userAgent: CHROME, secure: true, has: { indexedDB: true, locks: true } }

test('nothing stands in the way of a new browser over HTTPS', () => {
  expect(obstacle(good)).toBeNull()
})

test('inside WeChat the way out is said before anything else, also where HTTPS is missing', () => {
  expect(obstacle({ ...good, userAgent: WECHAT, secure: false })).toBe('wechat')
})

test('without HTTPS it is said, since an old browser cannot be told from one that hides its keys', () => {
  expect(obstacle({ ...good, secure: false, has: { indexedDB: true, locks: false } })).toBe('not-secure')
})

test('a browser that lacks one needed thing is too old', () => {
  expect(obstacle({ ...good, has: { indexedDB: true, locks: false } })).toBe('browser-too-old')
})

test('an Android phone is not called by the Linux beneath it', () => {
  expect([platformOf(CHROME), platformOf('Macintosh; Intel'), platformOf('Fridge/1')]).toEqual(['Android', 'Mac', ''])
})

test('storage that cannot be opened is said, and is not taken for a device that belongs to nobody', async () => {
  expect(await storageObstacle(async () => null)).toBeNull()
  expect(await storageObstacle(async () => Promise.reject(new Error('OpenFailedError')))).toBe('no-storage')
})
