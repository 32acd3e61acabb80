/** The outbox and the retained store: ops until nobody can lose them any more.
 *
 * An op waits in the outbox until the server acknowledged it, then among the retained until it is decided and backed
 * up. Both are one chain; where that chain cannot go on, pending ops are re-issued in a new stream with `was`. An op
 * that nobody can read, here or on the server, is set aside for a person: it is kept, and stops nothing.
 */
import type { Clock } from './clock'
import { sha256Hex, utf8 } from './bytes'
import type { Change, FieldDatabase, OpRecord, OpResult, Outcome, Tip } from './database'
import type { Json, Row } from './types'

export const MAX_OP_BYTES = 256 * 1024
export const MAX_GROUP = 50
const DECIDED = ['applied', 'merged', 'conflict', 'rejected']

/** Signs the bytes of a body: base64url of raw r||s. */
export type Signer = (body: Uint8Array<ArrayBuffer>) => Promise<string>

/** A client refuses to create an op over 256 KiB. */
export class OpTooLarge extends Error {
  readonly code = 'op-too-large'
}

/** This device has no stream yet. */
export class NotEnrolled extends Error {
  readonly code = 'not-enrolled'
}

/** An op before it has its place in a chain. */
export interface Wanted {
  id: string
  cmd: string
  row: string
  args: Json
  baseRev: number | null
  group?: { id: string; i: number; of: number }
}

type Body = Json & { id: string; stream: string; n: number; prev: string | null; was?: Json }

export function keyOf(stream: string, n: number): string {
  return `${stream}|${String(n).padStart(12, '0')}`
}

/** The text of a body. Throws RangeError for what JSON cannot say: JSON.stringify would write null for it. */
export function textOf(body: unknown): string {
  return JSON.stringify(body, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('JSON has no word for this number')
    return value
  })
}

export class Outbox {
  constructor(
    private readonly db: FieldDatabase,
    private readonly clock: Clock,
    private readonly makeId: () => string,
    private readonly signer: () => Promise<Signer | null>,
  ) {}

  /** The current stream's id and tip; throws NotEnrolled. */
  async tip(): Promise<Tip> {
    const found = await this.db.known('stream')
    if (found === undefined) throw new NotEnrolled('not enrolled')
    return found
  }

  /** The next ops of a stream, in order; nothing is written. Throws OpTooLarge, RangeError. */
  async chained(tip: Tip, wanted: Wanted[], t: Json): Promise<OpRecord[]> {
    const records: OpRecord[] = []
    let [n, prev] = [tip.n, tip.sha256]
    for (const { id, cmd, row, args, baseRev, group } of wanted) {
      const body: Body = { id, stream: tip.id, n: n + 1, prev, cmd, v: 1, row, base_rev: baseRev, args, t }
      if (group !== undefined) body.group = group
      const record = await this.sealed(body, id, MAX_OP_BYTES)
      records.push(record)
      ;[n, prev] = [record.n, record.sha256]
    }
    return records
  }

  /** When something was recorded, by this device's clocks. */
  moment(): Json {
    return { wall: this.clock.wall(), boot: this.clock.boot, mono_ms: this.clock.monoMs(), gps: null }
  }

  private async sealed(body: Body, first: string, limit: number | null): Promise<OpRecord> {
    const text = textOf(body)
    const raw = utf8(text)
    if (limit !== null && raw.length > limit) throw new OpTooLarge(`${raw.length} bytes; an op has at most ${limit}`)
    const sign = await this.signer()
    const { id, stream, n } = body
    const sealed = { body: text, sha256: await sha256Hex(raw), sig: sign === null ? null : await sign(raw) }
    return { key: keyOf(stream, n), id, first, stream, n, ...sealed, result: null }
  }

  /** Ops of the current stream that the server has not acknowledged, in order. */
  async pending(): Promise<OpRecord[]> {
    const { id } = await this.tip()
    return (await this.unsent()).filter((record) => record.stream === id)
  }

  /** Everything in the outbox, stream by stream; streams are numbered in the order in which they were opened. */
  async unsent(): Promise<OpRecord[]> {
    return this.db.outbox.orderBy('key').toArray()
  }

  /** True when ops of a stream that was given up have to be sent again: they go on in a new one. */
  async stranded(): Promise<boolean> {
    const { id } = await this.tip()
    return (await this.unsent()).some((record) => record.stream !== id)
  }

  /** An op leaves the outbox for the retained store, with what the server said of it. */
  acknowledged(record: OpRecord, result: OpResult): Change[] {
    return [
      ['outbox', record.key, null],
      ['retained', record.key, { ...record, result }],
      ['results', record.first, outcome(record.first, result)],
    ]
  }

  /** A synced `op_result`: the newer word on a retained op. */
  async decidedLater(row: Row, seq: number): Promise<Change[]> {
    const key = keyOf(String(row.stream), Number(row.n))
    const record = await this.db.retained.get(key)
    if (record?.result == null || record.result.seq >= seq) return []
    const result = { ...record.result, seq } as OpResult
    for (const name of ['status', 'rev', 'conflict', 'problem'] as const) {
      Object.assign(result, { [name]: row[name] ?? null })
    }
    return [
      ['retained', key, { ...record, result }],
      ['results', record.first, outcome(record.first, result)],
    ]
  }

  /** Ops that may go: decided, and in a backup of the epoch under way. */
  async pruning(backedUpSeq: number): Promise<Change[]> {
    const kept = await this.db.retained.toArray()
    return kept
      .filter(({ result }) => result !== null && DECIDED.includes(result.status) && result.seq <= backedUpSeq)
      .map(({ key }) => ['retained', key, null])
  }

  /** Put every retained op back into the outbox, those of earlier streams too. */
  async unsendAll(): Promise<Change[]> {
    return (await this.db.retained.toArray()).flatMap(unsent)
  }

  /** Put retained ops of the current stream from number `n` on back into the outbox. */
  async unsendFrom(n: number): Promise<Change[]> {
    const { id } = await this.tip()
    const kept = await this.db.retained.toArray()
    return kept.filter((record) => record.stream === id && record.n >= n).flatMap(unsent)
  }

  /** True when the chain can be sent again from number `n`: nothing from there to its tip is missing. */
  async holdsFrom(n: number): Promise<boolean> {
    const tip = await this.tip()
    for (let number = n; number <= tip.n; number++) {
      const key = keyOf(tip.id, number)
      if ((await this.db.outbox.get(key)) === undefined && (await this.db.retained.get(key)) === undefined) return false
    }
    return true
  }

  /** Ops anew in another stream: new id, same row, `was` naming what they were. */
  async reissue(stream: string, which: OpRecord[]): Promise<Change[]> {
    const changes: Change[] = []
    let tip: Tip = { id: stream, n: 0, sha256: null }
    for (const record of which) {
      changes.push(['outbox', record.key, null], ['retained', record.key, null])
      const said = readable(record)
      if (said === null) {
        changes.push(['aside', record.key, { ...record, problem: 'op-damaged' }])
        continue
      }
      const was: Json = { stream: record.stream, id: record.id, sha256: record.sha256 }
      if (said.was != null) was.was = said.was
      const body = { ...said, id: this.makeId(), stream, n: tip.n + 1, prev: tip.sha256, was }
      const sealed = await this.sealed(body, record.first, null)
      changes.push(['outbox', sealed.key, sealed], ['results', record.first, null])
      tip = { id: stream, n: sealed.n, sha256: sealed.sha256 }
    }
    changes.push(['meta', 'stream', tip])
    return changes
  }

  /** Take an op that the server could not read out of the outbox. */
  setAside(record: OpRecord): Change[] {
    return [
      ['outbox', record.key, null],
      ['aside', record.key, { ...record, problem: 'op-unreadable' }],
    ]
  }
}

function unsent(record: OpRecord): Change[] {
  return [
    ['retained', record.key, null],
    ['outbox', record.key, { ...record, result: null }],
    ['results', record.first, null],
  ]
}

function outcome(first: string, { status, seq, problem, conflict }: OpResult): Outcome {
  return { first, status, seq, problem, conflict }
}

/** What an op says, or null when its bytes were damaged here. */
function readable(record: OpRecord): Json | null {
  try {
    const body: unknown = JSON.parse(record.body)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Json) : null
  } catch {
    return null
  }
}
