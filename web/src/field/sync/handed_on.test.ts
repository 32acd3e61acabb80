/** A phone that is enrolled by another person's invitation. */
import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { Device } from '.'
import { utf8 } from './bytes'
import { FieldDatabase } from './database'
import { Answer, type Transport } from './transport'

class Desk implements Transport {
  invites = 'wei'

  async send(): Promise<Answer> {
    const said = { stream: crypto.randomUUID(), token: 'token', epoch: 'e', limits: {}, user: this.user() }
    return new Answer(201, {}, utf8(JSON.stringify(said)))
  }

  private user() {
    return { id: `id of ${this.invites}`, name: this.invites }
  }
}

const desk = new Desk()
let device: Device
let made = 0

beforeEach(async () => {
  vi.stubGlobal('navigator', { locks: { request: (_: string, work: () => unknown) => work() } })
  desk.invites = 'wei'
  device = new Device({ db: new FieldDatabase(`handed on ${made++}`), transport: desk })
  await device.enrol('first', 'phone')
})

async function report(): Promise<void> {
  const subject = { type: 'finding', id: crypto.randomUUID() }
  const act = { cmd: 'finding.report', row: subject.id, args: {} }
  await device.record([act], [], { id: crypto.randomUUID(), kind: 'finding', title: '裸土', subject })
}

test("one person's work is never sent in another's name: the invitation is refused and all stays as it was", async () => {
  await report()
  const before = await device.db.outbox.toArray()
  desk.invites = 'qin'
  await expect(device.enrol('second', 'phone')).rejects.toMatchObject({ code: 'work-of-another', owner: 'wei' })
  expect((await device.person())?.name).toBe('wei')
  expect(await device.db.outbox.toArray()).toEqual(before)
})

test('the same person takes her work along into the new stream', async () => {
  await report()
  await device.enrol('second', 'phone')
  const [op] = await device.db.outbox.toArray()
  expect(op?.stream).toBe((await device.db.known('stream'))?.id)
})

test('a device with nothing on it goes to whoever is invited, without the list of what the one before did', async () => {
  await report()
  await device.db.outbox.clear()
  await device.db.pictures.put({ sha256: 'aa', bytes: new Blob(['hers']) })
  desk.invites = 'qin'
  await device.enrol('second', 'phone')
  expect((await device.person())?.name).toBe('qin')
  expect([await device.db.submissions.count(), await device.db.pictures.count()]).toEqual([0, 0])
  await report()
  expect((await device.db.outbox.toArray()).map(({ n }) => n)).toEqual([1])
})
