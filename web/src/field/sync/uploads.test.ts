import 'fake-indexeddb/auto'
import { NoAnswer } from '@shared/problem'
import { beforeEach, expect, test } from 'vitest'
import { Device } from '.'
import { hex, utf8 } from './bytes'
import { FieldDatabase } from './database'
import { Answer, type Transport } from './transport'

const SIZE = 5000

/** A tus server of any number of uploads that can fail at any request, beside a server with nothing to say. */
class Tus implements Transport {
  readonly kept = new Map<string, Uint8Array>()
  readonly sizes = new Map<string, number>()
  readonly sent: string[] = []
  readonly failing = new Map<number, number | 'lost' | 'lost after'>()
  most = Number.POSITIVE_INFINITY
  status: Record<string, unknown> = { status: 'missing' }

  async send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer> {
    if (path.endsWith('/push')) return this.said({ epoch: 'e1', backed_up_seq: 10, results: [] })
    if (path.includes('/pull')) {
      return this.said({ epoch: 'e1', complete: true, cursor: 'c', scopes: { removed: [] }, entries: [], digests: {} })
    }
    if (path.endsWith('/status')) {
      const { sha256 } = JSON.parse(body as string) as { sha256: string[] }
      return this.said({ epoch: 'e1', items: Object.fromEntries(sha256.map((hash) => [hash, this.status])) })
    }
    this.sent.push(`${method} ${path}`)
    const failure = this.failing.get(this.sent.length)
    if (failure === 'lost') throw new NoAnswer('lost')
    if (typeof failure === 'number') return new Answer(failure, {}, utf8('{"code":"as-told"}'))
    const answer = this.tus(method, path, headers, body as Uint8Array | null)
    if (failure === 'lost after') throw new NoAnswer('lost')
    return answer
  }

  private said(value: unknown): Answer {
    return new Answer(200, {}, utf8(JSON.stringify(value)))
  }

  private tus(method: string, path: string, headers: Record<string, string>, body: Uint8Array | null): Answer {
    if (method === 'POST') {
      const at = `/api/v1/media/u${this.kept.size + 1}`
      this.kept.set(at, new Uint8Array())
      this.sizes.set(at, Number(headers['Upload-Length']))
      return new Answer(201, { location: `https://elsewhere.example${at}` }, utf8(''))
    }
    const before = this.kept.get(path)
    if (before === undefined) return new Answer(404, {}, utf8(''))
    if (method === 'PATCH') {
      if (body!.length > this.most) return new Answer(413, {}, utf8('<h1>413</h1>'))
      const fits = Number(headers['Upload-Offset']) === before.length
      if (!fits) return new Answer(409, { 'upload-offset': String(before.length) }, utf8(''))
      this.kept.set(path, new Uint8Array([...before, ...body!]))
    }
    const size = { 'upload-offset': String(this.kept.get(path)!.length), 'upload-length': String(this.sizes.get(path)) }
    return new Answer(method === 'PATCH' ? 204 : 200, size, utf8(''))
  }
}

let tus: Tus
let db: FieldDatabase
let device: Device
let metered: boolean

beforeEach(async () => {
  metered = false
  tus = new Tus()
  db = new FieldDatabase(crypto.randomUUID())
  await db.meta.put({ id: 's', n: 0, sha256: null }, 'stream')
  await db.meta.put(
    { epoch: 'e1', limits: { batch_ops: 200, batch_bytes: 1e6 }, user: { id: 'u', name: 'wei' } },
    'server',
  )
  await db.meta.put(2000, 'chunk_bytes')
  device = new Device({ db, transport: tus, metered: () => metered })
})

async function waiting(size = SIZE, fill = 1, mediaType = 'image/jpeg'): Promise<string> {
  const { sha256 } = await device.hold(new Blob([new Uint8Array(size).fill(fill)]), 'a.jpg', mediaType)
  await db.media.update(sha256, { state: 'waiting' })
  return sha256
}

const state = async (sha256: string) => (await db.media.get(sha256))!.state
const patches = () => tus.sent.filter((one) => one.startsWith('PATCH')).length

test('a photo goes up in chunks, and its bytes arrive as they were', async () => {
  const data = Uint8Array.from({ length: SIZE }, (_, i) => i % 251)
  const { sha256 } = await device.hold(new Blob([data]), 'a.jpg')
  await db.media.update(sha256, { state: 'waiting' })
  expect((await device.sync()).uploaded).toBe(1)
  expect(hex(tus.kept.get('/api/v1/media/u1')!)).toBe(hex(data))
  expect([patches(), await state(sha256)]).toEqual([3, 'waiting']) // sent, but the server says that it is missing
})

test.each(['lost', 'lost after'] as const)('whatever request is %s, the next sync goes on and ends', async (how) => {
  for (let at = 1; at <= 4; at++) {
    const sha256 = await waiting(SIZE, at)
    tus.failing.set(tus.sent.length + at, how)
    expect((await device.sync()).trouble).toEqual({ code: 'no-answer' })
    tus.status = { status: 'stored', seq: 20 }
    const before = patches()
    expect((await device.sync()).trouble).toBeNull()
    expect(await state(sha256)).toBe('stored')
    expect(patches() - before).toBeLessThanOrEqual(3)
    tus.status = { status: 'missing' }
    await db.media.delete(sha256)
  }
})

test('a server in trouble does not make an upload begin anew', async () => {
  const sha256 = await waiting()
  tus.failing.set(3, 'lost')
  await device.sync()
  tus.failing.set(4, 503)
  expect(await device.sync()).toMatchObject({ trouble: null, uploaded: 0 })
  expect(tus.sent.at(-1)).toBe('HEAD /api/v1/media/u1')
  tus.status = { status: 'stored', seq: 20 }
  await device.sync()
  expect([tus.kept.size, await state(sha256)]).toEqual([1, 'stored'])
})

test('an upload that is gone begins anew', async () => {
  const sha256 = await waiting()
  tus.failing.set(3, 'lost')
  await device.sync()
  tus.kept.delete('/api/v1/media/u1')
  tus.kept.set('other', new Uint8Array())
  expect((await device.sync()).uploaded).toBe(1)
  expect([tus.sent.includes('POST /api/v1/media'), (await db.media.get(sha256))!.url]).toEqual([true, null])
})

test.each([404, 410, 460])('a %i to a chunk makes it begin anew the next time', async (status) => {
  await waiting()
  tus.failing.set(3, status)
  expect((await device.sync()).uploaded).toBe(0)
  expect((await device.sync()).uploaded).toBe(1)
  expect(tus.kept.size).toBe(2)
})

test('a request of its own that was faster costs no byte twice', async () => {
  await waiting()
  tus.failing.set(3, 409)
  expect((await device.sync()).uploaded).toBe(1)
  expect(tus.sent.slice(2, 5).map((one) => one.split(' ')[0])).toEqual(['PATCH', 'HEAD', 'PATCH'])
})

test('chunks are halved where something takes no large ones, and stay so after a restart', async () => {
  await db.meta.put(8000, 'chunk_bytes')
  tus.most = 2500
  await waiting(20_000)
  expect((await device.sync()).uploaded).toBe(1)
  expect([await db.known('chunk_bytes'), tus.sent.filter((one) => one.startsWith('HEAD')).length]).toEqual([2000, 2])
})

test('a chunk of the smallest size that is refused is given up for now', async () => {
  await waiting()
  tus.most = 10
  expect((await device.sync()).uploaded).toBe(0)
  expect(await db.known('chunk_bytes')).toBe(1024)
})

test('small photos go first, and one that cannot go keeps back no other', async () => {
  await waiting(4000, 1)
  const small = await waiting(10, 2)
  const middle = await waiting(1000, 3)
  tus.failing.set(1, 500)
  expect((await device.sync()).uploaded).toBe(2)
  expect([...tus.sizes.values()]).toEqual([1000, 4000])
  expect([await state(small), await state(middle)]).toEqual(['waiting', 'waiting'])
})

test('originals above a size, and films, wait for a free network where the person chose so', async () => {
  await device.chooseMediaPolicy({ wifiOnlyAboveMb: 0.003, filmsOnWifiOnly: true })
  await waiting(4000, 1)
  await waiting(10, 2, 'video/mp4')
  await waiting(10, 3)
  metered = true
  expect(await device.sync()).toMatchObject({ uploaded: 1, waitingForWifi: 2 })
  metered = false
  tus.status = { status: 'stored', seq: 20 }
  expect(await device.sync()).toMatchObject({ uploaded: 3, waitingForWifi: 0 })
})

test('a photo whose bytes went missing here is shown, and wedges nothing', async () => {
  const lost = await waiting(10, 1)
  await waiting(20, 2)
  await db.bytes.delete(lost)
  expect((await device.sync()).uploaded).toBe(1)
  expect(await db.media.get(lost)).toMatchObject({ state: 'refused', problem: 'bytes-lost', kept: false })
  await device.hold(new Blob([new Uint8Array(10).fill(1)]), 'again.jpg')
  tus.status = { status: 'stored', seq: 20 }
  await device.sync()
  expect(await db.media.get(lost)).toMatchObject({ state: 'stored', problem: null, kept: true })
})

test('what is recorded during an upload goes before the next photo', async () => {
  await waiting(10, 1)
  await waiting(20, 2)
  const send = tus.send.bind(tus)
  tus.send = async (method, path, headers, body) => {
    const pushing = path.endsWith('/push') && (body as string).includes('finding.comment')
    if (pushing) tus.sent.push('push')
    if (pushing) await db.outbox.clear()
    if (method === 'PATCH' && tus.sent.length === 1) {
      const act = { cmd: 'finding.comment', row: crypto.randomUUID(), args: {} }
      await device.record([act], [], { id: 's', kind: 'comment', title: '', subject: { type: 'finding', id: 'f' } })
    }
    return send(method, path, headers, body)
  }
  expect((await device.sync()).trouble).toBeNull()
  expect(tus.sent.map((one) => one.split(' ')[0])).toEqual(['POST', 'PATCH', 'push', 'POST', 'PATCH'])
})

test('a photo that no record names is neither sent nor asked about', async () => {
  await device.hold(new Blob(['draft']), 'a.jpg')
  await device.sync()
  expect(tus.sent).toEqual([])
})
