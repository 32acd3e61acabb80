import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from 'vitest'
import { Device } from '.'
import { FieldDatabase } from './database'
import { Photos } from './photos'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-26T02:00:00Z')
let db: FieldDatabase
let now: number
let photos: Photos

beforeEach(async () => {
  db = new FieldDatabase(crypto.randomUUID())
  now = NOW
  const clock = { boot: 'b', nowMs: () => now, wall: () => new Date(now).toISOString(), monoMs: () => 0 }
  photos = new Photos(db, clock)
  await db.meta.bulkPut([{ id: 's', n: 0, sha256: null }], ['stream'])
})

/** Bytes that were held 15 days ago. */
async function held(text: string): Promise<string> {
  now = NOW - 15 * DAY
  const { sha256 } = await photos.hold(new Blob([text]), 'a.jpg')
  now = NOW
  return sha256
}
const here = async () => [(await db.media.toArray()).map(({ sha256 }) => sha256), await db.bytes.count()]

test('bytes that were held long ago and that nothing names are let go of', async () => {
  const [gone] = [await held('abandoned'), await held('other')]
  expect(await photos.collect()).toBe(2)
  expect([await here(), await db.bytes.get(gone)]).toEqual([[[], 0], undefined])
})

test('those that a draft names stay, however deep', async () => {
  const sha256 = await held('drafted')
  const value = { answers: { a: { photos: [{ sha256, id: 'p' }] } } }
  await db.drafts.put({ key: 'inspection|i', value, at: '' })
  expect([await photos.collect(), await here()]).toEqual([0, [[sha256], 1]])
})

test.each(['outbox', 'retained', 'aside'] as const)('those that an op in %s names stay', async (table) => {
  const sha256 = await held('named')
  const record = { key: 's|1', id: 'o', first: 'o', stream: 's', n: 1, sha256: 'x', sig: null, result: null }
  await db[table].put({ ...record, body: JSON.stringify({ args: { photos: [sha256] } }) })
  expect([await photos.collect(), await here()]).toEqual([0, [[sha256], 1]])
})

test('those of a submission stay', async () => {
  const sha256 = await held('submitted')
  const subject = { type: 'finding', id: 'f' }
  await db.submissions.put({ id: 's', kind: 'finding', title: '', subject, at: '', ops: ['o'], media: [sha256] })
  expect([await photos.collect(), await here()]).toEqual([0, [[sha256], 1]])
})

test.each(['waiting', 'uploading', 'sent', 'stored', 'refused'] as const)('those that are %s stay', async (state) => {
  const sha256 = await held('on its way')
  await db.media.update(sha256, { state })
  expect([await photos.collect(), await here()]).toEqual([0, [[sha256], 1]])
})

test('those that were held lately stay: their page may be open; so do those that were held again', async () => {
  now = NOW - 13 * DAY
  const { sha256: young } = await photos.hold(new Blob(['young']), 'a.jpg')
  const again = await held('chosen twice')
  await photos.hold(new Blob(['chosen twice']), 'a.jpg')
  expect(await photos.collect()).toBe(0)
  expect(new Set((await here())[0] as string[])).toEqual(new Set([young, again]))
})

test('a whole sync lets go of them', async () => {
  const old = { state: 'held', at: '2020-01-01T00:00:00Z', sha256: 'a'.repeat(64), kept: true }
  await db.media.put(old as never)
  await db.bytes.put(new Blob(['x']), old.sha256)
  const server = { epoch: 'e1', limits: { batch_ops: 200, batch_bytes: 1e6 }, user: { id: 'u', name: 'wei' } }
  await db.meta.put(server, 'server')
  const page = { complete: true, cursor: 'c', scopes: { removed: [] }, entries: [], digests: {} }
  const said = JSON.stringify({ epoch: 'e1', backed_up_seq: 0, results: [], ...page })
  const { Answer } = await import('./transport')
  const transport = { send: async () => new Answer(200, {}, new TextEncoder().encode(said)) }
  expect((await new Device({ db, transport }).sync()).trouble).toBeNull()
  expect(await here()).toEqual([[], 0])
})
