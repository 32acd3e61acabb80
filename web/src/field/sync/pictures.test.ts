import 'fake-indexeddb/auto'
import { NoAnswer } from '@shared/problem'
import { beforeEach, expect, test, vi } from 'vitest'
import { Device } from '.'
import { utf8 } from './bytes'
import { FieldDatabase } from './database'
import { MOST_BYTES, MOST_PICTURES } from './pictures'
import { Answer, type Transport } from './transport'

/** A server that has pictures of these sizes; `none` for a film. Others it does not know. */
class Gallery implements Transport {
  readonly asked: string[] = []
  readonly has: Record<string, number | 'none' | 'down' | 503> = {}
  meanwhile: (sha256: string) => Promise<unknown> = async () => {}

  async send(_method: string, path: string): Promise<Answer> {
    const [, sha256 = ''] = /blobs\/(\w+)\/thumbnail\?size=800$/.exec(path) ?? []
    this.asked.push(sha256)
    await this.meanwhile(sha256)
    const size = this.has[sha256]
    if (size === 'down') throw new NoAnswer('cut')
    if (typeof size === 'number' && size !== 503) return new Answer(200, {}, new Uint8Array(size))
    const code = size === 'none' ? 'no-thumbnail' : size === 503 ? 'overloaded' : 'not-found'
    return new Answer(size === 503 ? 503 : 404, {}, utf8(JSON.stringify({ code })))
  }
}

let db: FieldDatabase
let gallery: Gallery
let metered: boolean
let device: Device

beforeEach(() => {
  metered = false
  gallery = new Gallery()
  db = new FieldDatabase(crypto.randomUUID())
  device = new Device({ db, transport: gallery, metered: () => metered })
})
const kept = async () => (await db.pictures.toCollection().primaryKeys()).sort()

test('pictures that are wanted are kept, asked for once, and go when they are wanted no more', async () => {
  Object.assign(gallery.has, { aa: 10, bb: 20 })
  expect(await device.keepPictures(['aa', 'bb', 'aa'])).toBe(0)
  expect((await device.picture('bb'))!.size).toBe(20)
  expect(await device.keepPictures(['bb'])).toBe(0)
  expect([await kept(), await device.picture('aa'), gallery.asked]).toEqual([['bb'], null, ['aa', 'bb']])
})

test('they stay and are shown without a network', async () => {
  gallery.has.aa = 10
  await device.keepPictures(['aa'])
  gallery.has.bb = 'down'
  await expect(device.keepPictures(['bb', 'aa'])).rejects.toThrow(NoAnswer)
  expect(await kept()).toEqual(['aa'])
})

test('a photo whose original is here needs none', async () => {
  const { sha256 } = await device.hold(new Blob(['photo']), 'a.jpg')
  await device.keepPictures([sha256])
  expect([gallery.asked, await (await device.picture(sha256))!.text()]).toEqual([[], 'photo'])
})

test('of films there is none: they are not asked for again; what is not there yet is', async () => {
  Object.assign(gallery.has, { film: 'none', aa: 10 })
  expect(await device.keepPictures(['film', 'later', 'aa'])).toBe(1)
  gallery.has.later = 10
  expect(await device.keepPictures(['film', 'later', 'aa'])).toBe(0)
  expect([gallery.asked, await device.picture('film')]).toEqual([['film', 'later', 'aa', 'later'], null])
})

test('a server in trouble is asked for no more of them', async () => {
  Object.assign(gallery.has, { aa: 503, bb: 10 })
  expect(await device.keepPictures(['aa', 'bb'])).toBe(2)
  expect(gallery.asked).toEqual(['aa'])
})

test('they are bounded in number and in bytes; those wanted most stay', async () => {
  const many = Array.from({ length: MOST_PICTURES + 5 }, (_, i) => `p${i}`)
  for (const sha256 of many) gallery.has[sha256] = 1
  await device.keepPictures(many)
  expect(await db.pictures.count()).toBe(MOST_PICTURES)
  Object.assign(gallery.has, { big: MOST_BYTES - 600_000, other: 600_001 })
  await device.keepPictures(['big', 'other', ...many])
  expect(await kept()).toEqual(['big'])
  gallery.has.big = MOST_BYTES - 1
  await device.keepPictures([])
  await device.keepPictures(['big', 'more'])
  expect([await kept(), gallery.asked.includes('more')]).toEqual([['big'], false])
})

test('what waits to be sent goes first, also when it is recorded in between', async () => {
  Object.assign(gallery.has, { aa: 10, bb: 10 })
  gallery.meanwhile = async () => db.media.put({ sha256: 'own', state: 'waiting' } as never)
  expect(await device.keepPictures(['aa', 'bb'])).toBe(1)
  expect([await kept(), gallery.asked]).toEqual([['aa'], ['aa']])
})

test('on mobile data they wait for Wi-Fi where the person chose so', async () => {
  metered = true
  gallery.has.aa = 10
  await device.chooseMediaPolicy({ wifiOnlyAboveMb: 2, filmsOnWifiOnly: true })
  expect(await device.keepPictures(['aa'])).toBe(1)
  await device.chooseMediaPolicy({ wifiOnlyAboveMb: null, filmsOnWifiOnly: false })
  expect(await device.keepPictures(['aa'])).toBe(0)
})

test('a phone that is nearly full keeps its room for what is taken on it', async () => {
  gallery.has.aa = 10
  const storage = { estimate: async () => ({ usage: 9_900_000_000, quota: 10_000_000_000 }) }
  vi.stubGlobal('navigator', { locks: navigator.locks, storage })
  expect([await device.keepPictures(['aa']), gallery.asked]).toEqual([1, []])
  vi.unstubAllGlobals()
  expect(await device.keepPictures(['aa'])).toBe(0)
})
