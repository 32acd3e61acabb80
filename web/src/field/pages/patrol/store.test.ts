import 'fake-indexeddb/auto'
import { NoAnswer } from '@shared/problem'
import { beforeEach, expect, test } from 'vitest'
import { Device } from '../../sync'
import { sha256Hex } from '../../sync/bytes'
import { FieldDatabase } from '../../sync/database'
import { Answer, type Transport } from '../../sync/transport'
import { sendTracks, waitingTracks } from './send-tracks'
import { discard, keepPatrol, keepPoint, patrolUnderWay, pointsOf, submit, taskDone } from './store'
import type { Patrol, TrackPoint } from './walk'

const PATROL: Patrol = {
  ...{ id: '0190c1de-0000-7000-8000-000000000001', startedAt: '2026-11-26T18:00:00.000+08:00', state: 'ended' },
  ...{ endedAt: '2026-11-26T19:00:00.000+08:00', campaign: null, task: null, cells: [], note: ' 无异常 ' },
}
const POINT: TrackPoint = { at: '2026-11-26T18:00:10.000+08:00', lon: 109.33, lat: 24.255, accuracy: 8, datum: 'WGS84' }

let device: Device
let number = 0

beforeEach(async () => {
  const db = new FieldDatabase(`patrol-${number++}`)
  device = new Device({ db })
  await db.meta.put({ id: '0190c1de-0000-7000-8000-00000000000a', n: 0, sha256: null }, 'stream')
})

interface Op {
  cmd: string
  args: Record<string, unknown>
  group?: unknown
}
const recorded = async (): Promise<Op[]> =>
  (await device.db.outbox.orderBy('key').toArray()).map(({ body }) => JSON.parse(body) as Op)

function server(...answers: (number | Error)[]): { transport: Transport; bodies: unknown[] } {
  const bodies: unknown[] = []
  const transport: Transport = {
    send: async (_method, _path, _headers, body) => {
      bodies.push(body)
      const next = answers.shift()!
      if (next instanceof Error) throw next
      return new Answer(next, {}, new TextEncoder().encode('{"code":"track-unknown"}') as Uint8Array<ArrayBuffer>)
    },
  }
  return { transport, bodies }
}

async function walked(): Promise<void> {
  await keepPatrol(device, PATROL)
  await keepPoint(device, PATROL.id, 0, POINT)
  await keepPoint(device, PATROL.id, 1, { ...POINT, at: '2026-11-26T18:00:20.000+08:00' })
}

test('points are there after a restart, in their order', async () => {
  await walked()
  const again = new Device({ db: new FieldDatabase(device.db.name) })
  expect((await patrolUnderWay(again))?.id).toBe(PATROL.id)
  expect((await pointsOf(again, PATROL.id)).map((point) => point.at.slice(17, 19))).toEqual(['10', '20'])
})

test('a patrol names the hash of the very bytes that are sent afterwards', async () => {
  await walked()
  await submit(device, PATROL, [], '巡查')
  const [op] = await recorded()
  const { transport, bodies } = server(200)
  await sendTracks(device, transport)
  const text = bodies[0] as string
  expect(op!.args).toMatchObject({
    note: '无异常',
    track: await sha256Hex(new TextEncoder().encode(text).buffer as ArrayBuffer),
  })
  expect((JSON.parse(text) as { points: unknown[] }).points).toHaveLength(2)
  expect(await waitingTracks(device)).toEqual([])
  expect(await patrolUnderWay(device)).toBeUndefined()
})

test('a patrol without a point announces no track', async () => {
  await keepPatrol(device, PATROL)
  await submit(device, PATROL, [], '巡查')
  expect((await recorded())[0]!.args.track).toBeNull()
  expect(await waitingTracks(device)).toEqual([])
})

test('its task is said to be done in a record of its own, so that no refusal of it takes the patrol along', async () => {
  await keepPatrol(device, PATROL)
  await submit(device, { ...PATROL, task: 'task-1' }, [], '巡查')
  await taskDone(device, 'task-1', PATROL.id, '任务')
  const ops = await recorded()
  expect(ops.map(({ cmd, group }) => [cmd, group])).toEqual([
    ['patrol.submit', undefined],
    ['task.done', undefined],
  ])
  expect(ops[1]!.args).toEqual({ evidence: [{ type: 'patrol', id: PATROL.id }] })
})

test('when the record fails, the patrol and its points are still there', async () => {
  await walked()
  device.db.submissions.hook('creating').subscribe(() => {
    throw new Error('no room')
  })
  await expect(submit(device, PATROL, [], '巡查')).rejects.toThrow('no room')
  expect(await pointsOf(device, PATROL.id)).toHaveLength(2)
  expect(await patrolUnderWay(device)).toEqual(PATROL)
})

test('a track is sent until the server has it: no network, and the patrol still to come, are waited out', async () => {
  await walked()
  await submit(device, PATROL, [], '巡查')
  const { transport, bodies } = server(new NoAnswer('down'), 404, 401, 200)
  for (let left = 4; left > 0; left--) {
    expect(await waitingTracks(device)).toHaveLength(1)
    await sendTracks(device, transport)
  }
  expect(await waitingTracks(device)).toEqual([])
  expect(bodies).toHaveLength(4)
})

test('a track that the server refuses is kept with its reason, and not sent on and on', async () => {
  await walked()
  await submit(device, PATROL, [], '巡查')
  const { transport, bodies } = server(409)
  await sendTracks(device, transport)
  await sendTracks(device, transport)
  expect(bodies).toHaveLength(1)
  expect(await waitingTracks(device)).toMatchObject([{ problem: 'track-unknown' }])
})

test('a patrol that is thrown away takes its points with it and no other', async () => {
  await walked()
  await keepPoint(device, 'other', 0, POINT)
  await discard(device, PATROL.id)
  expect(await pointsOf(device, PATROL.id)).toEqual([])
  expect(await pointsOf(device, 'other')).toHaveLength(1)
})
