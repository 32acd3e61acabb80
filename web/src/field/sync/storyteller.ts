/** Scenario files (tests/scenarios) told to this client: what goes out is compared, what comes back is scripted.
 *
 * The same files are told to the reference client by `tests/sync/storyteller.py`, which describes them. For tests only.
 */
import { NoAnswer } from '@shared/problem'
import { expect } from 'vitest'
import { Device } from '.'
import { sha256Hex, utf8 } from './bytes'
import type { Clock } from './clock'
import { FieldDatabase, type MediaRecord } from './database'
import { Answer, type Transport } from './transport'
import type { Json } from './types'

export interface Exchange {
  request: Json
  answer: { status: number; lost?: boolean; headers?: Record<string, string>; text?: string; body?: Json }
}

export type Step = Json & { do: string; exchanges?: Exchange[]; fails?: string }

class StillTime implements Clock {
  readonly boot = '0199a000-0000-7000-8000-000000000000'
  nowMs = (): number => Date.parse('2026-11-22T10:00:00Z')
  wall = (): string => '2026-11-22T18:00:00.000+08:00'
  monoMs = (): number => 81_234
}

/** What the names of a scenario stand for. */
class Names {
  readonly known = new Map<string, unknown>()

  /** `actual` has what `pattern` says; a name that is new is learnt. */
  expect(pattern: unknown, actual: unknown, where: string): void {
    let wanted = pattern
    if (typeof pattern === 'string' && pattern.startsWith('$')) {
      if (!this.known.has(pattern)) this.known.set(pattern, actual)
      wanted = this.known.get(pattern)
    }
    if (Array.isArray(wanted)) {
      expect(actual, where).toHaveLength(wanted.length)
      wanted.forEach((part, i) => this.expect(part, (actual as unknown[])[i], `${where}[${i}]`))
    } else if (typeof wanted === 'object' && wanted !== null) {
      expect(actual, where).toBeTypeOf('object')
      for (const [key, part] of Object.entries(wanted)) {
        const name = (this.known.get(key) as string | undefined) ?? key
        expect(actual, where).toHaveProperty([name])
        this.expect(part, (actual as Json)[name], `${where}.${name}`)
      }
    } else expect(actual, where).toBe(wanted)
  }

  /** A scripted answer, or an argument, with what its names stand for. */
  filled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((part) => this.filled(part))
    if (typeof value === 'object' && value !== null) {
      const parts = Object.entries(value).map(([key, part]) => [this.known.get(key) ?? key, this.filled(part)])
      return Object.fromEntries(parts) as Json
    }
    return typeof value === 'string' ? (this.known.get(value) ?? value) : value
  }
}

/** A transport that compares each request with the next exchange of the script, and answers as that says. */
class Script implements Transport {
  exchanges: Exchange[] = []
  private key: CryptoKey | null = null
  private readonly hashes = new Map<string, string>()

  constructor(private readonly names: Names) {}

  async send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer> {
    const exchange = this.exchanges.shift()
    if (exchange === undefined) throw new Error(`${method} ${path} is more than the scenario tells`)
    const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const text = lowered['content-encoding'] === 'gzip' ? await unpacked(body as Uint8Array<ArrayBuffer>) : body
    const read = typeof text === 'string' ? await this.read(JSON.parse(text)) : null
    this.names.expect(
      exchange.request,
      { method, path: decodeURIComponent(path), headers: lowered, body: read },
      'request',
    )
    const { answer } = exchange
    if (answer.lost) throw new NoAnswer('the answer was lost')
    const said = answer.text ?? JSON.stringify(this.names.filled(answer.body ?? {}))
    return new Answer(answer.status, answer.headers ?? {}, utf8(said))
  }

  private async read(said: Json): Promise<Json> {
    if (said.public_key) {
      const jwk = { ...(said.public_key as JsonWebKey), key_ops: ['verify'] }
      this.key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])
    }
    if (!Array.isArray(said.ops)) return said
    return { ...said, ops: await Promise.all(said.ops.map((envelope) => this.checked(envelope))) }
  }

  /** An op, after its signature and place in the chain were verified; one damaged on the device says nothing. */
  private async checked({ body, sig }: { body: string; sig: string }): Promise<Json> {
    const raw = utf8(body)
    const sha256 = await sha256Hex(raw)
    let op: Json
    try {
      op = JSON.parse(body)
    } catch {
      return {}
    }
    const signed = Uint8Array.from(atob(sig.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    const holds = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, this.key!, signed, raw)
    expect(holds, 'the signature').toBe(true)
    const [key, before] = [`${op.stream}|${op.n}`, `${op.stream}|${Number(op.n) - 1}`]
    if (op.n === 1 || this.hashes.has(before)) expect(op.prev).toBe(this.hashes.get(before) ?? null)
    expect(this.hashes.get(key) ?? sha256, 'the bytes of an op').toBe(sha256)
    this.hashes.set(key, sha256)
    return { ...op, sha256 }
  }
}

async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}

/** Tells one scenario, step by step. */
export class Teller {
  private readonly names = new Names()
  private readonly script = new Script(this.names)
  private readonly originals = new Map<string, string>()
  private db = new FieldDatabase(crypto.randomUUID())
  private device = this.made()

  private made(): Device {
    return new Device({ db: this.db, transport: this.script, clock: new StillTime(), metered: () => false })
  }

  async tell(story: Step[]): Promise<void> {
    for (const step of story) {
      this.script.exchanges = [...(step.exchanges ?? [])]
      await this.steps[step.do]!(step)
      expect(this.script.exchanges, 'these requests did not go out').toEqual([])
    }
  }

  private readonly steps: Record<string, (step: Step) => Promise<unknown>> = {
    restart: async () => {
      this.db.close()
      this.db = new FieldDatabase(this.db.name)
      this.device = this.made()
    },
    enrol: async (step) => this.failing(step, this.device.enrol(String(step.code), "wei's phone")),
    rotate: async (step) => this.failing(step, this.device.rotateToken()),
    record: async ({ cmd, row, base_rev: baseRev, args }) =>
      this.device.record(
        [
          {
            cmd: String(cmd),
            row: String(row),
            args: this.names.filled(args) as Json,
            baseRev: baseRev as number | null,
          },
        ],
        [],
        { id: crypto.randomUUID(), kind: 'other', title: '', subject: { type: 'finding', id: String(row) } },
      ),
    capture: async ({ as, text }) => {
      const { sha256 } = await this.device.hold(new Blob([String(text)]), 'photo.jpg', 'image/jpeg')
      this.names.known.set(String(as), sha256)
      this.originals.set(sha256, String(text))
    },
    damage: async ({ n }) =>
      this.db.outbox
        .filter((record) => record.n === n)
        .modify((record) => void (record.body = record.body.slice(0, -1))),
    sync: async ({ trouble, resynced }) => {
      const report = await this.device.sync()
      expect(report.trouble?.code ?? null, report.trouble?.detail).toBe(trouble)
      expect(report.resynced).toEqual(resynced ?? [])
    },
    look: async (step) => this.look(step),
  }

  private async failing({ fails }: Step, work: Promise<unknown>): Promise<void> {
    const code = await work.then(
      () => undefined,
      (error: unknown) => (error instanceof NoAnswer ? 'no-answer' : (error as { code: string }).code),
    )
    expect(code).toBe(fails)
  }

  private async look(step: Step): Promise<void> {
    const retained = await this.db.retained.toArray()
    const photos = await Promise.all((await this.db.media.toArray()).map((record) => this.photo(record)))
    const found: Json = {
      outbox: (await this.db.outbox.toArray()).map((record) => JSON.parse(record.body)),
      retained: retained.map((record) => ({ ...record.result, ...record })),
      aside: await this.db.aside.toArray(),
      photos: Object.fromEntries(photos),
    }
    const looked = Object.entries(step).filter(([key]) => key in found)
    this.names.expect(Object.fromEntries(looked), found, 'look')
    if (step.photos) expect(photos).toHaveLength(Object.keys(step.photos).length)
    if (step.mirror === undefined) return
    const rows = (await this.db.rows.toArray()).map(({ key, rev, seq, entered, row, scopes }) => {
      expect(scopes).toEqual(Object.keys(entered).sort())
      return [key, { rev, seq, scopes: entered, row }]
    })
    expect(Object.fromEntries(rows)).toEqual(this.names.filled(step.mirror))
  }

  /** Its state; bytes that are not done are here and whole. */
  private async photo({ sha256, state, kept }: MediaRecord): Promise<[string, string]> {
    const bytes = await this.db.bytes.get(sha256)
    expect(await bytes?.text()).toBe(kept ? this.originals.get(sha256) : undefined)
    if (!kept) return [sha256, 'done']
    return [sha256, state === 'uploading' || state === 'held' ? 'waiting' : state]
  }
}
