import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test } from 'vitest'
import { FieldDatabase } from './database'
import { dayOf, FULL_BELOW, lookAtRoom, roomOf, waitingOf, whileNobodyAsks, type Storage } from './room'

const MIB = 2 ** 20
const seen = { usage: 0, quota: 10_000 * MIB, grants: null, waiting: 0, day: 300 * MIB }

describe('the decision', () => {
  test('room for a day is enough, and a byte less is nearly full', () => {
    expect(roomOf({ ...seen, quota: seen.day })).toEqual({ left: seen.day, reason: null, remedy: null })
    expect(roomOf({ ...seen, quota: seen.day - 1 })).toMatchObject({ reason: 'nearly-full' })
    expect(roomOf({ ...seen, usage: 1, quota: seen.day })).toMatchObject({ reason: 'nearly-full' })
  })

  test('without room for a photo or two it is full', () => {
    expect(roomOf({ ...seen, quota: FULL_BELOW })).toMatchObject({ reason: 'nearly-full' })
    expect(roomOf({ ...seen, quota: FULL_BELOW - 1 })).toMatchObject({ reason: 'full' })
    expect(roomOf({ ...seen, usage: 5, quota: 3 })).toMatchObject({ left: 0, reason: 'full' })
  })

  test('of an estimate and of what the browser grants the smaller counts', () => {
    expect(roomOf({ ...seen, grants: FULL_BELOW })).toMatchObject({ left: FULL_BELOW, reason: 'nearly-full' })
    expect(roomOf({ ...seen, quota: 0, grants: seen.day })).toMatchObject({ left: 0, reason: 'full' })
    expect(roomOf({ ...seen, usage: null, grants: 0 })).toMatchObject({ left: 0, reason: 'full' })
  })

  test('where nobody can tell, nothing is claimed', () => {
    expect(roomOf({ ...seen, usage: null })).toEqual({ left: null, reason: null, remedy: null })
    expect(roomOf({ ...seen, quota: null })).toEqual({ left: null, reason: null, remedy: null })
  })

  test.each([
    [0, 'clear'],
    [100, 'both'],
    [200, 'sync'],
  ])('with %i MiB waiting and 100 left of 300 what helps is to %s', (waiting, remedy) => {
    expect(roomOf({ ...seen, quota: 100 * MIB, waiting: waiting * MIB })).toMatchObject({ remedy })
  })
})

test('a day takes as much as the fullest of the last two weeks, within bounds', () => {
  const now = Date.parse('2026-11-26T20:00:00+08:00')
  const taken = (at: string, size: number) => ({ at: `${at}T10:00:00+08:00`, size: size * MIB })
  expect(dayOf([], now)).toBe(300 * MIB)
  expect(dayOf([taken('2026-11-25', 200), taken('2026-11-25', 200), taken('2026-11-24', 300)], now)).toBe(400 * MIB)
  expect(dayOf([taken('2026-11-01', 800)], now)).toBe(300 * MIB)
  expect(dayOf([taken('2026-11-25', 9000)], now)).toBe(1024 * MIB)
})

test('what a sync frees is what is kept and goes to the server, not what a draft holds or the server refused', () => {
  const one = (state: 'held' | 'waiting' | 'stored' | 'refused', kept = true) => ({ state, kept, size: 10 })
  const all = [one('held'), one('waiting'), one('stored'), one('stored', false), one('refused')]
  expect(waitingOf(all)).toBe(20)
})

/** A file system of the browser's own whose files may grow to `room` bytes together. */
class Files {
  readonly files = new Map<string, number>()
  readonly asked: number[] = []
  constructor(private readonly room: number) {}

  readonly storage = { getDirectory: async () => this.folder() } as unknown as Storage

  private folder() {
    const taken = () => [...this.files.values()].reduce((sum, size) => sum + size, 0)
    const truncate = async (bytes: number) => {
      this.asked.push(bytes)
      if (taken() + bytes > this.room) throw new DOMException('no room', 'QuotaExceededError')
      this.files.set('grown', bytes)
    }
    const createWritable = async () => ({ truncate, abort: async () => {} })
    return {
      removeEntry: async () => this.files.clear(),
      getDirectoryHandle: async () => ({ getFileHandle: async () => ({ createWritable }) }),
    }
  }
}

describe('a browser whose estimate tells nothing', () => {
  let db: FieldDatabase
  beforeEach(() => void (db = new FieldDatabase(crypto.randomUUID())))

  test.each([
    [1000, null],
    [299, 'nearly-full'],
    [19, 'full'],
  ])('with room for %i MiB of files says %s, and leaves none', async (room, reason) => {
    const files = new Files(room * MIB)
    const found = await lookAtRoom(db, { ...files.storage, estimate: async () => ({ usage: 0, quota: 10 * 2 ** 30 }) })
    expect(found).toMatchObject({ reason })
    expect(files.files.size).toBe(0)
  })

  test('is not misled by the file of an app that was ended while it asked', async () => {
    const files = new Files(310 * MIB)
    files.files.set('left behind', 300 * MIB)
    expect(await lookAtRoom(db, files.storage)).toMatchObject({ reason: null })
  })

  test('that fails otherwise claims nothing', async () => {
    const broken = { getDirectory: async () => Promise.reject(new DOMException('', 'SecurityError')) }
    expect(await lookAtRoom(db, broken)).toMatchObject({ left: null, reason: null })
  })

  test('is not asked while bytes are being kept, which would find no room then', async () => {
    const files = new Files(310 * MIB)
    const kept = Promise.withResolvers<void>()
    const keeping = whileNobodyAsks(() => kept.promise)
    const looking = lookAtRoom(db, files.storage)
    await expect.poll(async () => (await navigator.locks.query()).pending?.length).toBe(1)
    expect(files.asked).toEqual([])
    kept.resolve()
    await Promise.all([keeping, looking])
    expect(files.asked).toEqual([300 * MIB])
  })
})
