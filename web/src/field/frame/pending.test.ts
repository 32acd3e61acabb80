import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { Device } from '../sync'
import { FieldDatabase, write } from '../sync/database'
import { NOTHING, pendingOf } from './pending'

async function enrolled(name: string): Promise<Device> {
  const db = new FieldDatabase(name)
  await write(db, [['meta', 'stream', { id: 'stream', n: 0, sha256: null }]])
  return new Device({ db })
}

test('a device that has done nothing has nothing of its own', async () => {
  const { db } = await enrolled('fresh')
  expect(await pendingOf(db)).toEqual(NOTHING)
})

test('a record with a photo counts as one record and one photo, until the server has each', async () => {
  const device = await enrolled('one finding')
  const photo = await device.hold(new Blob(['pixels']), 'a.jpg', 'image/jpeg')
  const subject = { type: 'finding', id: crypto.randomUUID() }
  const shot = { ...photo, id: crypto.randomUUID(), capturedAt: '2026-11-26T09:00:00+08:00', position: null, subject }
  await device.record(
    [{ cmd: 'finding.report', row: subject.id, args: {} }],
    [{ ...shot, source: 'camera', role: 'scene' }],
    { id: crypto.randomUUID(), kind: 'finding', title: '裸土未覆盖', subject },
  )
  expect(await pendingOf(device.db)).toMatchObject({ records: 1, photos: 1, bytes: 6 })
  await device.db.media.update(photo.sha256, { state: 'uploading', sent: 4 })
  await device.db.outbox.clear()
  expect(await pendingOf(device.db)).toMatchObject({ records: 0, photos: 1, bytes: 2 })
  await device.db.media.update(photo.sha256, { state: 'stored' })
  expect(await pendingOf(device.db)).toEqual(NOTHING)
})

test('bytes kept for a draft are not on their way, and a refused photo is still on the device alone', async () => {
  const device = await enrolled('draft')
  const photo = await device.hold(new Blob(['pixels']), 'a.jpg', 'image/jpeg')
  expect((await pendingOf(device.db)).photos).toBe(0)
  await device.db.media.update(photo.sha256, { state: 'refused' })
  expect((await pendingOf(device.db)).photos).toBe(1)
})
