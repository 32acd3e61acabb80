import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { Device, storageState, updateWaitsFor } from '.'
import { sha256Hex, utf8 } from './bytes'
import { newId, withOffset } from './clock'
import { FieldDatabase, StorageFull, write, type Outcome } from './database'
import { publicKey, signer } from './device_key'
import { codeOf } from './enrolment'
import { standingOf } from './standing'
import { Answer, type Transport } from './transport'
import { lockOf } from './updates'

let db: FieldDatabase
beforeEach(() => void (db = new FieldDatabase(crypto.randomUUID())))

const FINDING = '01990000-0000-7000-8000-000000000001'
const given = { id: 's', kind: 'finding' as const, title: '', subject: { type: 'finding', id: FINDING } }

async function enrolled(): Promise<void> {
  const server = { epoch: 'e1', limits: { batch_ops: 200, batch_bytes: 1e6 }, user: { id: 'u', name: 'wei' } }
  await db.meta.bulkPut([{ id: 's', n: 0, sha256: null }, server], ['stream', 'server'])
}

/** A server that has nothing for this device but a page of rows and the packs that they name. */
class Quiet implements Transport {
  readonly asked: string[] = []
  entries: unknown[] = []
  packs: Record<string, string> = {}
  gate: Promise<void> = Promise.resolve()

  async send(_: string, path: string): Promise<Answer> {
    await this.gate
    this.asked.push(path)
    if (path.includes('/packs/')) {
      const pack = this.packs[path.split('/').at(-1)!]
      return new Answer(pack === undefined ? 404 : 200, {}, utf8(pack ?? ''))
    }
    const page = { complete: true, cursor: 'c', scopes: { removed: [] }, entries: this.entries, digests: {} }
    return new Answer(200, {}, utf8(JSON.stringify({ epoch: 'e1', backed_up_seq: 0, results: [], ...page })))
  }
}

test('every write asks the browser for strict durability', async () => {
  const opened = vi.spyOn(IDBDatabase.prototype, 'transaction')
  await enrolled()
  const device = new Device({ db })
  await device.hold(new Blob(['photo']), 'a.jpg')
  await device.record([{ cmd: 'finding.report', row: FINDING, args: {} }], [], given)
  await device.keepDraft('d', 1)
  const writes = opened.mock.calls.filter(([, mode]) => mode === 'readwrite')
  expect(writes.length).toBeGreaterThanOrEqual(3)
  for (const [, , options] of writes) expect(options).toEqual({ durability: 'strict' })
})

test.each([
  ['its quota', 'QuotaExceededError', 'no room'],
  ['the disk', 'DataError', 'Failed to write blobs (IOError)'],
])('a write beyond %s keeps all or nothing, and says that there is no room', async (_, name, message) => {
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException(message, name)
  })
  await expect(write(db, [['meta', 'token', 't']])).rejects.toThrow(StorageFull)
  await expect(new Device({ db }).hold(new Blob(['photo']), 'a.jpg')).rejects.toMatchObject({ code: 'storage-full' })
})

test('bytes that the storage gives back changed are not relied on', async () => {
  vi.spyOn(db.bytes, 'get').mockImplementation((() => Promise.resolve(new Blob(['other']))) as never)
  await expect(new Device({ db }).hold(new Blob(['photo']), 'a.jpg')).rejects.toMatchObject({ code: 'not-kept' })
})

test('a record that cannot be read back is not reported as kept', async () => {
  await enrolled()
  vi.spyOn(db.outbox, 'get').mockImplementation((() => Promise.resolve(undefined)) as never)
  const device = new Device({ db })
  const recorded = device.record([{ cmd: 'finding.report', row: FINDING, args: {} }], [], given)
  await expect(recorded).rejects.toMatchObject({ code: 'not-kept' })
})

test('the key is made once, stays after a restart, and does not leave the browser', async () => {
  const both = await Promise.all([publicKey(db), publicKey(db)])
  expect(both[0]).toEqual(both[1])
  expect(Object.keys(both[0]).sort()).toEqual(['crv', 'kty', 'x', 'y'])
  db.close()
  db = new FieldDatabase(db.name)
  expect(await publicKey(db)).toEqual(both[0])
  const { privateKey } = (await db.known('key'))!
  expect(privateKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow()
  expect(await (await signer(db))!(utf8('x'))).toMatch(/^[\w-]{86}$/)
})

test('a sync is one at a time, also for two tabs; a second one in a tab joins the first', async () => {
  await enrolled()
  const quiet = new Quiet()
  let open = () => {}
  quiet.gate = new Promise((resolve) => (open = resolve))
  const [one, other] = [new Device({ db, transport: quiet }), new Device({ db, transport: quiet })]
  const all = [one.sync(), one.sync(), other.sync()]
  await vi.waitFor(async () => expect((await navigator.locks.query()).pending).toHaveLength(1))
  expect(await updateWaitsFor(db)).toBe('sync-running')
  open()
  const [first, second] = await Promise.all(all)
  expect(first).toBe(second)
  expect(quiet.asked).toHaveLength(2)
})

test('packs that rows name are kept, checked, and go when no row names them', async () => {
  await enrolled()
  const [quiet, pack] = [new Quiet(), '{"items":[]}']
  const sha256 = await sha256Hex(utf8(pack))
  const put = {
    scope: 'global',
    kind: 'put',
    type: 'checklist',
    id: 'c1',
    rev: 1,
    seq: 1,
    row: { id: 'c1', pack: sha256 },
  }
  quiet.entries = [put]
  const device = new Device({ db, transport: quiet })
  quiet.packs = { [sha256]: `${pack} ` }
  expect((await device.sync()).packsLacking).toBe(1)
  expect(await device.pack(sha256)).toBeUndefined()
  quiet.packs = { [sha256]: pack }
  expect((await device.sync()).packsLacking).toBe(0)
  expect(await (await device.pack(sha256))!.text()).toBe(pack)
  quiet.entries = [{ ...put, kind: 'delete', seq: 2 }]
  await device.sync()
  expect(await device.pack(sha256)).toBeUndefined()
})

test('without an enrolment a sync says so', async () => {
  expect((await new Device({ db }).sync()).trouble).toEqual({ code: 'not-enrolled' })
})

test('the truth about a submission, step by step', async () => {
  await enrolled()
  const device = new Device({ db })
  const held = await device.hold(new Blob(['photo']), 'a.jpg')
  const acts = [{ cmd: 'finding.report', row: FINDING, args: { photos: [held.sha256] } }]
  const submission = await device.record(acts, [], given)
  const [first] = submission.ops as [string]
  const said = (status: Outcome['status'], code?: string) =>
    db.results.put({ first, status, seq: 1, problem: code ? { code } : null, conflict: null })
  const counts = { ops: 1, opsReceived: 0, media: 1, mediaStored: 0, bytesLeft: 5 }
  expect(await standingOf(db, submission)).toEqual({ state: 'on-device', reason: null, ...counts })
  await said('applied')
  expect(await standingOf(db, submission)).toMatchObject({ state: 'received', opsReceived: 1 })
  await db.media.update(held.sha256, { state: 'stored', sent: 5 })
  expect(await standingOf(db, submission)).toMatchObject({ state: 'complete', mediaStored: 1, bytesLeft: 0 })
  await said('held', 'right-lost')
  expect(await standingOf(db, submission)).toMatchObject({ state: 'needs-you', reason: 'right-lost' })
  await said('conflict')
  expect(await standingOf(db, submission)).toMatchObject({ state: 'needs-you', reason: 'conflict' })
  await db.results.put({ first, status: 'conflict', seq: 1, problem: null, conflict: 'c' })
  const row = { id: 'c', state: 'resolved' }
  await db.rows.put({ key: 'conflict|c', type: 'conflict', id: 'c', rev: 2, seq: 2, scopes: [], entered: {}, row })
  expect(await standingOf(db, submission)).toMatchObject({ state: 'complete', reason: null })
  await said('merged')
  await db.media.update(held.sha256, { state: 'refused', problem: 'media-kind' })
  expect(await standingOf(db, submission)).toMatchObject({ state: 'needs-you', reason: 'media-kind' })
})

test.each([
  [{ persisted: true, usage: 0, quota: 1e10 }, []],
  [{ persisted: false, usage: 0, quota: 1e10 }, ['not-persistent']],
  [{ persisted: true, usage: 1e10 - 1e8, quota: 1e10 }, ['nearly-full']],
  [{ persisted: true, usage: 1e10 - 1e6, quota: 1e10 }, ['full']],
])('storage of %o gives the reasons %o', async ({ persisted, ...estimate }, reasons) => {
  const storage = { persisted: async () => persisted, estimate: async () => estimate }
  expect((await storageState(db, storage)).reasons).toEqual(reasons)
})

test('a browser that tells nothing, and bytes that are gone, are said plainly', async () => {
  const { sha256 } = await new Device({ db }).hold(new Blob(['photo']), 'a.jpg')
  await db.bytes.delete(sha256)
  const { reasons, lost } = await storageState(db, {})
  expect([reasons, lost]).toEqual([['bytes-lost', 'not-persistent', 'unknown'], [sha256]])
})

test('a new version waits for ops, then for photos, and then for nothing', async () => {
  await enrolled()
  const device = new Device({ db })
  const { sha256 } = await device.hold(new Blob(['photo']), 'a.jpg')
  await device.record([{ cmd: 'finding.report', row: FINDING, args: { photos: [sha256] } }], [], given)
  expect(await updateWaitsFor(db)).toBe('ops-pending')
  await db.outbox.clear()
  expect(await updateWaitsFor(db)).toBe('photos-pending')
  await db.media.update(sha256, { state: 'stored' })
  expect(await updateWaitsFor(db)).toBeNull()
  expect(lockOf(db)).toContain(db.name)
})

test.each([
  'AB12-CD34',
  ' AB12-CD34\n',
  'https://x.example/app/#/enrol/AB12-CD34',
  'https://x/app/enrol/AB12-CD34?a=1',
])('the code in %j', (text) => expect(codeOf(text)).toBe('AB12-CD34'))

test('times carry their offset, and ids sort by time', () => {
  expect(withOffset(0, 480)).toBe('1970-01-01T08:00:00.000+08:00')
  expect(withOffset(0, -210)).toBe('1969-12-31T20:30:00.000-03:30')
  const [early, late] = [newId(1), newId(2 ** 40)]
  expect([early < late, early, late]).toEqual([
    true,
    expect.stringMatching(/^00000000-0001-7/),
    expect.stringMatching(/^0100/),
  ])
})
