import 'fake-indexeddb/auto'
import { liveQuery } from 'dexie'
import { beforeEach, expect, test, vi } from 'vitest'
import { Device, type PhotoOf } from '.'
import { sha256Hex, utf8 } from './bytes'
import { SystemClock } from './clock'
import { FieldDatabase, type OpRecord } from './database'

const FINDING = '01990000-0000-7000-8000-000000000001'
let device: Device
let db: FieldDatabase

beforeEach(async () => {
  db = new FieldDatabase(crypto.randomUUID())
  device = new Device({ db })
  await db.meta.put({ id: '01990000-0000-7000-8000-00000000000a', n: 0, sha256: null }, 'stream')
})

const submission = { id: 's1', kind: 'finding' as const, title: '扬尘', subject: { type: 'finding', id: FINDING } }
const report = { cmd: 'finding.report', row: FINDING, args: { topic: 'dust', description: '未覆盖' } }

async function photographed(text = 'jpeg'): Promise<PhotoOf> {
  const captured = await device.hold(new Blob([text]), 'a.jpg', 'image/jpeg')
  const taken = { capturedAt: '2026-11-26T10:00:00.000+08:00', position: null, source: 'camera' as const }
  return { ...captured, ...taken, id: crypto.randomUUID(), subject: submission.subject, role: 'scene' }
}

const bodies = (records: OpRecord[]) => records.map((record) => JSON.parse(record.body))

test('what a person did is ops in a chain, its photos after it, and a submission', async () => {
  const photo = await photographed()
  const kept = await device.record([report], [photo], submission)
  const records = await db.outbox.toArray()
  const [first, second] = bodies(records)
  expect([first.cmd, first.n, first.prev, second.cmd, second.n]).toEqual(['finding.report', 1, null, 'photo.add', 2])
  expect(second.prev).toBe(await sha256Hex(utf8(records[0]!.body)))
  expect(second.args.sha256).toBe(photo.sha256)
  expect(await db.submissions.toArray()).toEqual([kept])
  expect([kept.ops, kept.media]).toEqual([[first.id, second.id], [photo.sha256]])
  expect((await db.media.get(photo.sha256))!.state).toBe('waiting')
})

test('two records at once are one chain', async () => {
  const two = [device.record([report], [], submission), device.record([report], [], { ...submission, id: 's2' })]
  await Promise.all(two)
  const [first, second] = await db.outbox.toArray()
  expect(JSON.parse(second!.body).prev).toBe(first!.sha256)
})

test('several acts of one submission stand or fall together, its photos each by itself', async () => {
  const mend = { cmd: 'finding.transition', row: FINDING, args: { from: 'open', to: 'rectified' } }
  await device.record([report, mend], [await photographed()], submission)
  const groups = bodies(await db.outbox.toArray()).map((body) => body.group && [body.group.i, body.group.of])
  expect(groups).toEqual([[0, 2], [1, 2], undefined])
})

test('a photo that is not kept here is named by no record', async () => {
  const photo = { ...(await photographed()), sha256: '0'.repeat(64) }
  await expect(device.record([report], [photo], submission)).rejects.toThrow()
  expect([await db.outbox.count(), await db.submissions.count()]).toEqual([0, 0])
})

test('a photo that is let go of while its record is made is named by no record', async () => {
  const photo = await photographed()
  const clock = new SystemClock()
  const wall = clock.wall.bind(clock)
  clock.wall = () => (void device.letGo(photo.sha256), wall()) // when it was recorded is asked last of all
  const letting = new Device({ db, clock })
  await expect(letting.record([report], [photo], submission)).rejects.toThrow()
  expect([await db.outbox.count(), await db.submissions.count()]).toEqual([0, 0])
})

test.each([
  ['over 256 KiB', { description: 'x'.repeat(256 * 1024) }],
  ['that JSON cannot say', { value: Number.NaN }],
])('an op %s is refused and nothing of its submission is kept', async (_, args) => {
  await expect(device.record([report, { ...report, args }], [], submission)).rejects.toThrow()
  expect([await db.outbox.count(), await db.submissions.count()]).toEqual([0, 0])
})

test('nothing can be recorded before enrolment', async () => {
  await db.meta.delete('stream')
  await expect(device.record([report], [], submission)).rejects.toMatchObject({ code: 'not-enrolled' })
})

test('held bytes come back as they were, and go only while no record names them', async () => {
  const photo = await photographed('original')
  expect(await (await db.bytes.get(photo.sha256))!.text()).toBe('original')
  await device.record([{ ...report, args: { photos: [photo.sha256] } }], [], submission)
  expect(await device.letGo(photo.sha256)).toBe(false)
  const other = await photographed('thrown away')
  expect(await device.letGo(other.sha256)).toBe(true)
  expect(await db.bytes.toCollection().primaryKeys()).toEqual([photo.sha256])
})

test('a draft survives the app', async () => {
  await device.keepDraft('finding', { description: '半句' })
  db.close()
  const again = new Device({ db: new FieldDatabase(db.name) })
  expect(await again.draft('finding')).toEqual({ description: '半句' })
  await again.dropDraft('finding')
  expect(await again.draft('finding')).toBeUndefined()
})

test('the drafts of a record go with it, in one transaction', async () => {
  await device.keepDraft('finding|a', { text: '未覆盖' })
  await device.keepDraft('finding|b', { text: '别的' })
  const refuse = (): void => {
    throw new Error('no room')
  }
  db.submissions.hook('creating').subscribe(refuse)
  await expect(device.record([report], [], submission, ['finding|a'])).rejects.toThrow('no room')
  expect(await Promise.all([db.outbox.count(), db.drafts.count()])).toEqual([0, 2])
  db.submissions.hook('creating').unsubscribe(refuse)
  const seen: [number, number][] = []
  const watching = liveQuery(() => Promise.all([db.outbox.count(), db.drafts.count()])).subscribe((now) => {
    seen.push(now)
  })
  await device.record([report], [], submission, ['finding|a'])
  await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 1]))
  watching.unsubscribe()
  expect(seen).not.toContainEqual([1, 2]) // recorded, and still there to be sent again
})
