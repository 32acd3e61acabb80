import { beforeEach, expect, test, vi } from 'vitest'
import { idleTooLong, useLock } from './lock'

const MINUTE = 60_000
const NOON = 1_800_000_000_000
const shelf = new Map<string, string>()

beforeEach(() => {
  shelf.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => shelf.get(key) ?? null,
    setItem: (key: string, text: string) => shelf.set(key, text),
    removeItem: (key: string) => shelf.delete(key),
  })
  useLock().remove()
})

test('an app without a PIN never locks', () => {
  const lock = useLock()
  lock.begin(NOON)
  lock.check(NOON + 60 * MINUTE)
  lock.lockNow()
  expect(lock.locked.value).toBe(false)
})

test('it locks after five minutes without a touch, and each touch begins them anew', async () => {
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.touch(NOON + 4 * MINUTE)
  lock.check(NOON + 8 * MINUTE)
  expect(lock.locked.value).toBe(false)
  lock.check(NOON + 9 * MINUTE)
  expect(lock.locked.value).toBe(true)
})

test('a touch after a long while finds it locked and does not open it', async () => {
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.touch(NOON + 10 * MINUTE)
  lock.touch(NOON + 10 * MINUTE + 1)
  expect(lock.locked.value).toBe(true)
})

test('an app that is started again is still locked, also when the clock was put back meanwhile', async () => {
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.begin(NOON + MINUTE)
  expect(lock.locked.value).toBe(false)
  lock.begin(NOON - 60 * MINUTE)
  expect(lock.locked.value).toBe(true)
})

test('what was locked by hand is still locked when the app is started again', async () => {
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.lockNow()
  lock.begin(NOON + 1000)
  expect(lock.locked.value).toBe(true)
})

test('the PIN opens, a wrong one does not, and after five wrong ones even the right one has to wait', async () => {
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.lockNow()
  for (let i = 0; i < 5; i++) expect(await lock.tryPin('1111', NOON)).toBe('wrong')
  expect(await lock.tryPin('2580', NOON + 1000)).toBe('wait')
  lock.begin(NOON + 2000)
  expect(await lock.tryPin('2580', NOON + 3000)).toBe('wait')
  expect(await lock.tryPin('2580', NOON + 31_000)).toBe('open')
  expect([lock.locked.value, lock.tries.value.wrong]).toEqual([false, 0])
}, 20_000)

test('taking the lock away leaves nothing of it and touches nothing else', async () => {
  shelf.set('bluegrid.preferences', '{}')
  const lock = useLock()
  await lock.setPin('2580', NOON)
  lock.remove()
  expect([shelf.has('bluegrid.lock'), shelf.has('bluegrid.preferences')]).toEqual([false, true])
})

test('idle is counted to the minute', () => {
  expect([idleTooLong(NOON, NOON + 5 * MINUTE - 1, 5), idleTooLong(NOON, NOON + 5 * MINUTE, 5)]).toEqual([false, true])
})
