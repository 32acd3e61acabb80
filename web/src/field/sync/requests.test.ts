import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { Device } from '.'
import { utf8 } from './bytes'
import { FieldDatabase } from './database'
import { Answer, type Transport } from './transport'

const DAY = 86_400_000

/** A server that takes every push; `refusing` are the codes of its next answers to packed ones. */
class Taking implements Transport {
  readonly asked: string[] = []
  readonly ops: string[] = []
  readonly tokens: string[] = []
  refusing: string[] = []
  fresh = 0

  async send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer> {
    this.tokens.push(headers.Authorization!)
    const packed = headers['Content-Encoding'] === 'gzip'
    this.asked.push(`${method} ${path.replace('/api/v1/', '')}${packed ? ' packed' : ''}`)
    if (path.endsWith('/token')) return this.said({ token: `fresh-${++this.fresh}` }, 201)
    if (!path.endsWith('/push')) {
      return this.said({ epoch: 'e1', complete: true, cursor: 'c', scopes: { removed: [] }, entries: [], digests: {} })
    }
    const code = packed ? this.refusing.shift() : undefined
    if (code?.startsWith('http')) return new Answer(Number(code.slice(5)), {}, utf8('<h1>no</h1>'))
    if (code !== undefined) return this.said({ code }, 400)
    const unpack = new DecompressionStream('gzip')
    const text = packed ? await new Response(new Blob([body as BlobPart]).stream().pipeThrough(unpack)).text() : body
    const { ops } = JSON.parse(text as string) as { ops: { body: string }[] }
    this.ops.push(...ops.map((op) => op.body))
    const results = ops.map(({ body: said }) => {
      const { id, n } = JSON.parse(said) as { id: string; n: number }
      return { id, n, status: 'applied', replay: false, seq: n, rev: 1, conflict: null, problem: null, receipt: null }
    })
    return this.said({ epoch: 'e1', backed_up_seq: 99, results })
  }

  private said(value: unknown, status = 200): Answer {
    return new Answer(status, {}, utf8(JSON.stringify(value)))
  }
}

let db: FieldDatabase
let server: Taking
let device: Device
let now: number

beforeEach(async () => {
  now = Date.parse('2026-11-26T02:00:00Z')
  db = new FieldDatabase(crypto.randomUUID())
  server = new Taking()
  const clock = { boot: 'b', nowMs: () => now, wall: () => new Date(now).toISOString(), monoMs: () => 0 }
  device = new Device({ db, transport: server, clock })
  const known = { epoch: 'e1', limits: { batch_ops: 200, batch_bytes: 1e6 }, user: { id: 'u', name: 'wei' } }
  await db.meta.bulkPut(['first', { id: 's', n: 0, sha256: null }, known], ['token', 'stream', 'server'])
})
const record = (text: string) =>
  device.record([{ cmd: 'finding.report', row: 'f', args: { text } }], [], {
    ...{ id: text.slice(0, 9), kind: 'finding', title: '', subject: { type: 'finding', id: 'f' } },
  })

test('a large push is packed, a small one is not, and the ops arrive as they were', async () => {
  await record('短')
  await device.sync()
  await record('裸土未覆盖'.repeat(400))
  const [sent] = (await db.outbox.toArray()).map(({ body }) => body)
  await device.sync()
  const pushes = server.asked.filter((each) => each.includes('push'))
  expect(pushes).toEqual(['POST sync/push', 'POST sync/push packed'])
  expect(server.ops.at(-1)).toBe(sent)
})

test.each(['http-415', 'http-400', 'batch-invalid'])(
  'where packed bytes are answered by %s, they go plain',
  async (code) => {
    server.refusing = [code]
    await record('x'.repeat(3000))
    expect((await device.sync()).acknowledged).toBe(1)
    expect(server.asked.slice(0, 2)).toEqual(['POST sync/push packed', 'POST sync/push'])
  },
)

test('a browser that cannot pack sends plain', async () => {
  vi.stubGlobal('CompressionStream', undefined)
  await record('x'.repeat(3000))
  await device.sync()
  vi.unstubAllGlobals()
  expect(server.asked[0]).toBe('POST sync/push')
})

test('a token is rotated after 30 days, once, and the fresh one is used from then on', async () => {
  await device.sync()
  now += 29 * DAY
  await device.sync()
  expect([server.fresh, await db.known('token')]).toEqual([0, 'first'])
  now += 2 * DAY
  await device.sync()
  await device.sync()
  expect([server.fresh, await db.known('token'), await db.known('token_before')]).toEqual([1, 'fresh-1', 'first'])
  expect(new Set(server.tokens.slice(-1))).toEqual(new Set(['Bearer fresh-1']))
})

test('a server that gives no fresh token now is asked again later, and nothing is lost', async () => {
  await device.sync()
  now += 31 * DAY
  const send = server.send.bind(server)
  vi.spyOn(server, 'send').mockImplementation(async (method, path, ...rest) =>
    path.endsWith('/token') ? new Answer(503, {}, utf8('{}')) : send(method, path, ...rest),
  )
  expect((await device.sync()).trouble).toBeNull()
  expect([await db.known('token'), server.fresh]).toEqual(['first', 0])
  vi.restoreAllMocks()
  await device.sync()
  expect(await db.known('token')).toBe('fresh-1')
})
