import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { Device } from '../../sync'
import { FieldDatabase, write } from '../../sync/database'
import { take, underWay } from './steps'

test('taking a task without a network is one op, and it is not offered again before the server answers', async () => {
  const db = new FieldDatabase('a task')
  await write(db, [['meta', 'stream', { id: 'stream', n: 0, sha256: null }]])
  const device = new Device({ db })
  const task = { id: crypto.randomUUID() }
  expect(await underWay(device, task.id)).toBeNull()
  const submission = await take(device, task, 'task.take', '领取任务', ' ')
  expect([submission.ops.length, submission.subject]).toEqual([1, { type: 'task', id: task.id }])
  const body = JSON.parse((await db.outbox.toArray())[0]!.body) as { cmd: string; args: object }
  expect([body.cmd, body.args]).toEqual(['task.take', {}])
  expect(await underWay(device, task.id)).toBe('task.take')
  expect(await underWay(device, crypto.randomUUID())).toBeNull()
})
