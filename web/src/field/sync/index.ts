/** The device: what a field app does to keep the contract, without a screen. Knows no Vue.
 *
 * All of its state is in its database, so that it can be made anew over the same database after a crash. It never
 * deletes what the server has not said to keep, and a 401 makes it clear nothing.
 */
import { newId, SystemClock, type Clock } from './clock'
import { FieldDatabase } from './database'
import { signer } from './device_key'
import { Drafts } from './drafts'
import { Outbox } from './outbox'
import { Photos } from './photos'
import { Recording } from './recording'
import { standingOf } from './standing'
import type { Act, Captured, Person, PhotoOf, Row, Standing, Submission } from './types'

export type * from './types'
export type { FieldDatabase, MediaRecord, MediaState, OpRecord, Outcome } from './database'
export { newId, withOffset } from './clock'
export { NotEnrolled, OpTooLarge } from './outbox'
export { NotKept } from './photos'

/** What the device needs of the world; each part has a real default. */
export interface World {
  db?: FieldDatabase
  clock?: Clock
  makeId?: () => string
}

export class Device {
  readonly db: FieldDatabase
  private readonly outbox: Outbox
  private readonly photos: Photos
  private readonly recording: Recording
  private readonly drafts: Drafts

  constructor({ db = new FieldDatabase(), clock = new SystemClock(), makeId = newId }: World = {}) {
    this.db = db
    this.outbox = new Outbox(db, clock, makeId, () => signer(db))
    this.photos = new Photos(db, clock)
    this.recording = new Recording(db, this.outbox, this.photos, makeId)
    this.drafts = new Drafts(db, clock)
  }

  /** Who this device belongs to; null before enrolment. */
  async person(): Promise<Person | null> {
    return (await this.db.known('server'))?.user ?? null
  }

  /** Keep original bytes, before any record names them. Durable and read back when it resolves; throws NotKept. */
  async hold(bytes: Blob, filename: string, mediaType?: string): Promise<Captured> {
    return this.photos.hold(bytes, filename, mediaType)
  }

  /** Let go of bytes that no record named; false when one did. */
  async letGo(sha256: string): Promise<boolean> {
    return this.photos.letGo(sha256)
  }

  /** Keep what the person did in one strict transaction, read back. Throws NotEnrolled, OpTooLarge, NotKept. */
  async record(acts: Act[], photos: PhotoOf[], given: Omit<Submission, 'ops' | 'media' | 'at'>): Promise<Submission> {
    return this.recording.record(acts, photos, given)
  }

  /** A row's content as last pulled. */
  async row<T = Row>(type: string, id: string): Promise<T | undefined> {
    return (await this.db.rows.get(`${type}|${id}`))?.row as T | undefined
  }

  /** The last `rev` pulled of a row: what an op that changes it sends as `baseRev`. */
  async rev(type: string, id: string): Promise<number | null> {
    return (await this.db.rows.get(`${type}|${id}`))?.rev ?? null
  }

  async rows<T = Row>(type: string): Promise<T[]> {
    return (await this.db.rows.where({ type }).toArray()).map((record) => record.row as T)
  }

  async standing(submission: Submission): Promise<Standing> {
    return standingOf(this.db, submission)
  }

  async draft<T>(key: string): Promise<T | undefined> {
    return this.drafts.get<T>(key)
  }

  async keepDraft(key: string, value: unknown): Promise<void> {
    return this.drafts.keep(key, value)
  }

  async dropDraft(key: string): Promise<void> {
    return this.drafts.drop(key)
  }
}
