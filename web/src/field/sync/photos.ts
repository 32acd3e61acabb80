/** Photo bytes kept on this device: whole, hashed as they came, read back, until the server has them safely.
 *
 * Bytes are kept as `held` until a record names them, so that what a person throws away before she submits is
 * never sent.
 */
import type { Table } from 'dexie'
import { sha256Hex } from './bytes'
import type { Clock } from './clock'
import { write, type Change, type FieldDatabase, type MediaRecord } from './database'
import { whileNobodyAsks } from './room'
import type { Captured } from './types'

/** Held bytes that nothing names for so long were abandoned. */
const ABANDONED_MS = 14 * 86_400_000

/** The storage gave back other bytes than it took: nothing may rely on them. */
export class NotKept extends Error {
  readonly code = 'not-kept'
}

export class Photos {
  constructor(
    private readonly db: FieldDatabase,
    private readonly clock: Clock,
  ) {}

  /** Keep original bytes by their SHA-256; they are on the disk and were read back when it resolves. Throws NotKept. */
  async hold(bytes: Blob, filename: string, mediaType = bytes.type || 'application/octet-stream'): Promise<Captured> {
    const data = await bytes.arrayBuffer()
    const sha256 = await sha256Hex(data)
    const before = await this.db.media.get(sha256)
    const fresh: MediaRecord = {
      ...{ sha256, size: data.byteLength, mediaType, filename, state: 'held', seq: null, sent: 0 },
      ...{ at: this.clock.wall(), kept: true, url: null, problem: null },
    }
    const lost = before?.problem === 'bytes-lost' // the same bytes again: they go to the server after all
    const known = before?.state === 'held' ? { ...before, at: fresh.at } : before // held anew for somebody
    const record = { ...(known ?? fresh), kept: true, ...(lost && { state: 'waiting' as const, problem: null }) }
    const copy = new Blob([data], { type: record.mediaType })
    await whileNobodyAsks(() =>
      write(this.db, [
        ['bytes', sha256, copy],
        ['media', sha256, record],
      ]),
    )
    const back = await this.db.bytes.get(sha256)
    if (back === undefined || (await sha256Hex(await back.arrayBuffer())) !== sha256) throw new NotKept(sha256)
    return { sha256, size: record.size, mediaType: record.mediaType, filename: record.filename }
  }

  /** Let go of bytes that no record named: the person took the photo out of her draft. Others are not touched. */
  async letGo(sha256: string): Promise<boolean> {
    return this.db.transaction('rw', this.db.media, this.db.bytes, async () => {
      if ((await this.db.media.get(sha256))?.state !== 'held') return false
      await this.db.media.delete(sha256)
      await this.db.bytes.delete(sha256)
      return true
    })
  }

  /** Let go of bytes that were held long ago and that nothing here names: a page was left, or the app was ended, before a
   * draft or a record named them. The number of them.
   */
  async collect(): Promise<number> {
    const before = this.clock.nowMs() - ABANDONED_MS
    const { db } = this
    const old = async (): Promise<MediaRecord[]> =>
      (await db.media.where({ state: 'held' }).toArray()).filter(({ at }) => Date.parse(at) < before)
    if ((await old()).length === 0) return 0
    const read = [db.drafts, db.outbox, db.retained, db.aside, db.submissions]
    // One transaction: nothing can come to name them while it looks.
    return db.transaction('rw', [db.media, db.bytes, ...read], async () => {
      const named = new Set<string>()
      for (const table of read)
        await (table as Table<object>).each((each) => hashesIn(JSON.stringify(each)).forEach((hash) => named.add(hash)))
      const gone = (await old()).map(({ sha256 }) => sha256).filter((sha256) => !named.has(sha256))
      await db.media.bulkDelete(gone)
      await db.bytes.bulkDelete(gone)
      return gone.length
    })
  }

  /** Inside a transaction over `media`: what a record names has to go to the server.
   *
   * Throws NotKept, and so undoes the record, where its bytes were let go of while it was being made.
   */
  async named(hashes: string[]): Promise<void> {
    const here = new Set(await this.db.media.where('sha256').anyOf(hashes).primaryKeys())
    const lost = hashes.find((sha256) => !here.has(sha256))
    if (lost !== undefined) throw new NotKept(lost)
    await this.db.media
      .where('sha256')
      .anyOf(hashes)
      .and((record) => record.state === 'held')
      .modify({ state: 'waiting' })
  }

  /** True when bytes wait here only for a backup. */
  async unbacked(): Promise<boolean> {
    return (
      (await this.db.media.filter(({ state, kept }) => kept && (state === 'sent' || state === 'stored')).count()) > 0
    )
  }

  /** After a restore of the server: every photo whose bytes are still here may have to go again.
   *
   * One that was refused too: the server kept its bytes for a person to look at, and may not have them any more.
   */
  async unsend(): Promise<Change[]> {
    const again = await this.db.media.where('state').anyOf('sent', 'stored', 'refused').toArray()
    return again
      .filter(({ kept }) => kept)
      .map((record) => ['media', record.sha256, { ...record, state: 'waiting', url: null, sent: 0, seq: null }])
  }
}

/** Every SHA-256 that stands in a text, op bodies within it included. */
function hashesIn(text: string): string[] {
  return text.match(/\b[0-9a-f]{64}\b/g) ?? []
}
