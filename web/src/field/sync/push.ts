/** Push: the outbox goes up in batches, and what each answer means for it. */
import { NoAnswer } from '@shared/problem'
import type { Clock } from './clock'
import { TipMoved, write, type Change, type FieldDatabase, type OpRecord, type OpResult } from './database'
import { publicKey } from './device_key'
import type { Outbox } from './outbox'
import type { Photos } from './photos'
import { DOUBTFUL, type Receipts, type Verdict } from './receipts'
import { JSON_TYPE, troubleOf, type Server } from './server'
import type { Answer } from './transport'
import type { Json, SyncReport } from './types'

const PUSH = '/api/v1/sync/push'
/** Below that it is one packet either way. */
const LEAST_PACKED = 1400
/** What a server, or something before it, says that was given bytes that it cannot unpack. */
const UNPACKED = ['batch-invalid', 'http-400', 'http-415']
const NEW_STREAM = ['stream-fork', 'signature-invalid', 'stream-unknown']
/** Answers in one push that acknowledge nothing; halving a batch of 200 down to 1 takes 8 of them. */
export const MAX_FRUITLESS = 20
/** Opened in one push: when the third does no better, the fault is not in the chain. */
export const MAX_STREAMS = 3

export class Push {
  private streamsOpened = 0
  private keysAsked = false

  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Server,
    private readonly outbox: Outbox,
    private readonly photos: Photos,
    private readonly receipts: Receipts,
    private readonly clock: Clock,
    private readonly app: string,
  ) {}

  /** Send the outbox in batches; true when it is empty.
   *
   * A device that waits for a backup asks with an empty batch how far that has got.
   */
  async run(report: SyncReport): Promise<boolean> {
    let most = Number((await this.server.known()).limits.batch_ops)
    this.streamsOpened = 0
    this.keysAsked = false
    let told = (await this.db.retained.count()) === 0 && !(await this.photos.unbacked())
    for (let fruitless = 0; fruitless < MAX_FRUITLESS;) {
      if ((await this.outbox.stranded()) && !(await this.openStream(report))) return false
      const pending = await this.outbox.pending()
      if (pending.length === 0 && told) return true
      const batch = within(pending.slice(0, most), Number((await this.server.known()).limits.batch_bytes))
      const before = report.acknowledged
      const answer = await this.send(batch)
      if (answer.status === 413 && batch.length > 1) most = Math.floor(batch.length / 2)
      else if (!(await this.answered(batch, answer, report))) return false
      else told ||= answer.status === 200
      if (report.acknowledged === before) fruitless += 1
    }
    report.trouble = { code: 'outbox-stuck' }
    return false
  }

  /** True when something waits to be sent. */
  async pending(): Promise<boolean> {
    return (await this.db.outbox.count()) > 0
  }

  private async send(batch: OpRecord[]): Promise<Answer> {
    const ops = batch.map(({ body, sig }) => ({ body, sig }))
    const text = JSON.stringify({ app: this.app, device_now: this.clock.wall(), ops })
    const packed = await gzipped(text)
    if (packed !== null) {
      const headers = { ...JSON_TYPE, 'Content-Encoding': 'gzip' }
      const answer = await this.server.send('POST', PUSH, headers, packed)
      // Something on the way may not pass it on as it is.
      if (!UNPACKED.includes(answer.code)) return answer
    }
    return this.server.send('POST', PUSH, JSON_TYPE, text)
  }

  /** Take in an answer; true to go on, false to stop for now with the reason in the report. */
  private async answered(batch: OpRecord[], answer: Answer, report: SyncReport): Promise<boolean> {
    const said = answer.json()
    if (answer.status === 200) return this.takeResults(batch, said, report)
    if (answer.code === 'stream-gap') {
      const expected = Number(said.expected_n)
      const whole = await this.outbox.holdsFrom(expected)
      await write(this.db, await this.outbox.unsendFrom(expected))
      return whole || this.openStream(report)
    }
    if (answer.code === 'op-unreadable') {
      const unreadable = batch[Number(said.index)]
      if (unreadable !== undefined) await write(this.db, this.outbox.setAside(unreadable))
      return this.openStream(report)
    }
    if (NEW_STREAM.includes(answer.code)) return this.openStream(report)
    report.trouble = troubleOf(answer)
    return false
  }

  private async takeResults(batch: OpRecord[], said: Json, report: SyncReport): Promise<boolean> {
    if (await this.server.epochChanged(String(said.epoch))) return true
    const byId = new Map(batch.map((record) => [record.id, record]))
    const server = { ...(await this.server.known()), backed_up_seq: Number(said.backed_up_seq) }
    const changes: Change[] = [['meta', 'server', server]]
    for (const result of said.results as OpResult[]) {
      if (result.status === 'retry') {
        report.trouble = { code: 'retry' }
        break
      }
      const record = byId.get(result.id)
      if (record === undefined) continue
      const receipt = await this.receiptVerdict(record, result)
      if (DOUBTFUL.includes(receipt)) report.doubtful.push(record.id)
      changes.push(...this.outbox.acknowledged({ ...record, receipt }, result))
      report.acknowledged += 1
    }
    await write(this.db, changes)
    return report.trouble === null
  }

  /** What to think of a receipt; of a key that is not known the server is asked, once in a push. */
  private async receiptVerdict(record: OpRecord, result: OpResult): Promise<Verdict> {
    const verdict = await this.receipts.verdict(record, result)
    if (verdict !== 'unknown-key' || this.keysAsked) return verdict
    this.keysAsked = true
    try {
      const answer = await this.server.open('GET', '/api/v1/sync/receipt-key')
      await write(this.db, await this.receipts.learning(answer.json().keys))
    } catch (error) {
      if (error instanceof NoAnswer) return verdict
      throw error
    }
    return this.receipts.verdict(record, result)
  }

  /** The way out of a chain that cannot go on. */
  private async openStream(report: SyncReport): Promise<boolean> {
    if (this.streamsOpened === MAX_STREAMS) {
      report.trouble = { code: 'streams-exhausted' }
      return false
    }
    this.streamsOpened += 1
    const request = { continues: (await this.outbox.tip()).id, public_key: { ...(await publicKey(this.db)) } }
    const answer = await this.server.authorised('POST', '/api/v1/devices/streams', request)
    if (answer.status !== 201) {
      report.trouble = troubleOf(answer)
      return false
    }
    const stream = String(answer.json().stream)
    for (;;) {
      const tip = await this.outbox.tip()
      try {
        await write(this.db, await this.outbox.reissue(stream, await this.outbox.unsent()), tip)
        return true
      } catch (error) {
        if (!(error instanceof TipMoved)) throw error // somebody recorded an op meanwhile: it comes along
      }
    }
  }
}

/** A text packed with gzip; null where that is not worth it, or this browser cannot. */
async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer> | null> {
  if (text.length < LEAST_PACKED || typeof CompressionStream === 'undefined') return null
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

/** The longest beginning whose bodies stay well within a batch; one op at least. */
function within(records: OpRecord[], mostBytes: number): OpRecord[] {
  const sizes = records.map(({ body }) => new Blob([JSON.stringify(body)]).size + 200)
  let total = 1024
  const over = sizes.findIndex((size) => (total += size) > mostBytes)
  return over < 0 ? records : records.slice(0, Math.max(1, over))
}
