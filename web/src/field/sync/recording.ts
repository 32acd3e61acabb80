/** Recording what a person did: ops, chain, photo records and the submission in one transaction, read back. */
import { TipMoved, write, type Change, type FieldDatabase, type OpRecord, type Tip } from './database'
import { MAX_GROUP, type Outbox, type Wanted } from './outbox'
import { NotKept, type Photos } from './photos'
import type { Act, Json, PhotoOf, Submission } from './types'

const HASH = /^[0-9a-f]{64}$/

export class Recording {
  constructor(
    private readonly db: FieldDatabase,
    private readonly outbox: Outbox,
    private readonly photos: Photos,
    private readonly makeId: () => string,
  ) {}

  /** Keep what the person did; see Device.record. Throws NotEnrolled, OpTooLarge, NotKept, RangeError. */
  async record(
    acts: Act[],
    photos: PhotoOf[],
    given: Omit<Submission, 'ops' | 'media' | 'at'>,
    drafts: readonly string[] = [],
  ): Promise<Submission> {
    const wanted = [...(await this.ofActs(acts)), ...photos.map((photo) => this.ofPhoto(photo))]
    const named = [...new Set([...photos.map((photo) => photo.sha256), ...hashesIn(acts.map((act) => act.args))])]
    const media = await this.kept(named, photos)
    const moment = this.outbox.moment()
    const ops = wanted.map(({ id }) => id)
    const submission: Submission = { ...given, at: String(moment.wall), ops, media }
    for (;;) {
      const tip = await this.outbox.tip()
      const records = await this.outbox.chained(tip, wanted, moment)
      try {
        await write(this.db, changesOf(tip, records, submission, drafts), tip, {
          tables: ['media'],
          run: () => this.photos.named(media),
        })
      } catch (error) {
        if (error instanceof TipMoved) continue
        throw error
      }
      await this.readBack(records, submission)
      return submission
    }
  }

  /** Several acts of one submission stand or fall together, where a group can hold them. */
  private async ofActs(acts: Act[]): Promise<Wanted[]> {
    const together = acts.length > 1 && acts.length <= MAX_GROUP ? this.makeId() : null
    const wanted: Wanted[] = []
    for (const [i, { cmd, row, args, baseRev }] of acts.entries()) {
      const seen = baseRev === undefined ? await this.revSeen(cmd, row) : baseRev
      const group = together === null ? undefined : { id: together, i, of: acts.length }
      wanted.push({ id: this.makeId(), cmd, row, args, baseRev: seen, ...(group && { group }) })
    }
    return wanted
  }

  /** The last `rev` pulled of the row that a command is about: `finding.edit` is about a finding. */
  private async revSeen(cmd: string, row: string): Promise<number | null> {
    const type = cmd.slice(0, cmd.indexOf('.'))
    return (await this.db.rows.get(`${type}|${row}`))?.rev ?? null
  }

  /** A photo stands by itself: one that the server rejects must not take the record with it. */
  private ofPhoto({ id, sha256, size, mediaType, capturedAt, position, source, subject, role }: PhotoOf): Wanted {
    const args = { sha256, size, media_type: mediaType, captured_at: capturedAt, position, source, subject, role }
    return { id: this.makeId(), cmd: 'photo.add', row: id, args, baseRev: null }
  }

  /** Those of the hashes whose bytes this device knows; a photo's own must be among them. */
  private async kept(named: string[], photos: PhotoOf[]): Promise<string[]> {
    const known = new Set((await this.db.media.bulkGet(named)).map((record) => record?.sha256))
    const lost = photos.find(({ sha256 }) => !known.has(sha256))
    if (lost !== undefined) throw new NotKept(lost.sha256)
    return named.filter((sha256) => known.has(sha256))
  }

  /** What was written is read anew; a sync may have sent it, or re-issued it, meanwhile. */
  private async readBack(records: OpRecord[], submission: Submission): Promise<void> {
    for (const record of records) {
      const where = { first: record.first }
      const found = (await this.db.outbox.get(where)) ?? (await this.db.retained.get(where))
      const same = found !== undefined && (found.id !== record.id || found.body === record.body)
      if (!same && (await this.db.results.get(record.first)) === undefined) throw new NotKept(record.id)
    }
    if ((await this.db.submissions.get(submission.id)) === undefined) throw new NotKept(submission.id)
  }
}

function changesOf(tip: Tip, records: OpRecord[], submission: Submission, drafts: readonly string[]): Change[] {
  const last = records.at(-1)
  const ops: Change[] = records.map((record) => ['outbox', record.key, record])
  const moved: Change[] = last ? [['meta', 'stream', { id: tip.id, n: last.n, sha256: last.sha256 }]] : []
  const spent: Change[] = drafts.map((key) => ['drafts', key, null])
  return [...ops, ...moved, ...spent, ['submissions', submission.id, submission]]
}

/** Every SHA-256 that arguments name, at whatever depth. */
function hashesIn(value: unknown): string[] {
  if (typeof value === 'string') return HASH.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value as Json).flatMap(hashesIn)
}
