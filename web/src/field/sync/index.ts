/** The device: what a field app does to keep the contract, without a screen. Knows no Vue.
 *
 * All of its state is in its database, so that it can be made anew over the same database after a crash. It never
 * deletes what the server has not said to keep, and a 401 makes it clear nothing.
 */
import { newId, SystemClock, type Clock } from './clock'
import { FieldDatabase, type Meta } from './database'
import { signer } from './device_key'
import { Drafts } from './drafts'
import { Enrolment, type App } from './enrolment'
import { Mirror } from './mirror'
import { OneAtATime } from './one_at_a_time'
import { Outbox } from './outbox'
import { outboxFile } from './outbox_file'
import { Packs } from './packs'
import { Photos } from './photos'
import { Pictures } from './pictures'
import { Pull } from './pull'
import { Push } from './push'
import { Receipts } from './receipts'
import { Recording } from './recording'
import { Server } from './server'
import { standingOf } from './standing'
import { Syncing } from './syncing'
import { FetchTransport, type Transport } from './transport'
import type { Act, Captured, Person, PhotoOf, Row, Standing, Submission, SyncReport } from './types'
import { lockOf } from './updates'
import { onMeteredNetwork, Uploads, type Metered } from './uploads'

export type * from './types'
export type { FieldDatabase, MediaRecord, MediaState, OpRecord, Outcome } from './database'
export { newId, withOffset } from './clock'
export { WorkOfAnother } from './enrolment'
export { NotEnrolled, OpTooLarge } from './outbox'
export { NotKept } from './photos'
export { outboxFile, PassphraseTooShort, SHORTEST_PASSPHRASE } from './outbox_file'
export { StorageFull } from './database'
export { AutoSync, browserOccasions } from './auto_sync'
export { askToPersist, storageState, type StorageReason, type StorageState } from './storage_state'
export { takeUpdate, updateWaitsFor, type WaitsFor } from './updates'

export const APP: App = { version: '0.1.0', platform: 'web' }

/** What the device needs of the world; each part has a real default. */
export interface World {
  db?: FieldDatabase
  transport?: Transport
  clock?: Clock
  makeId?: () => string
  app?: App
  metered?: Metered
}

export class Device {
  readonly db: FieldDatabase
  private readonly outbox: Outbox
  private readonly photos: Photos
  private readonly recording: Recording
  private readonly drafts: Drafts
  private readonly server: Server
  private readonly enrolment: Enrolment
  private readonly syncing: Syncing
  private readonly alone: OneAtATime
  private readonly beside: OneAtATime
  private readonly pictures: Pictures

  constructor(world: World = {}) {
    const { db = new FieldDatabase(), clock = new SystemClock(), makeId = newId } = world
    const { transport = new FetchTransport(), app = APP, metered = onMeteredNetwork } = world
    this.db = db
    this.outbox = new Outbox(db, clock, makeId, () => signer(db))
    this.photos = new Photos(db, clock)
    this.recording = new Recording(db, this.outbox, this.photos, makeId)
    this.drafts = new Drafts(db, clock)
    const [mirror, receipts] = [new Mirror(db), new Receipts(db)]
    this.server = new Server(db, transport, this.outbox, mirror, this.photos, clock)
    this.enrolment = new Enrolment(db, this.server, this.outbox, this.photos, receipts, app)
    this.syncing = new Syncing(
      this.server,
      new Push(db, this.server, this.outbox, this.photos, receipts, clock, app.version),
      new Uploads(db, this.server, metered),
      new Pull(db, this.server, this.outbox, mirror),
      new Packs(db, this.server),
      this.photos,
    )
    this.alone = new OneAtATime(lockOf(db))
    this.beside = new OneAtATime(`${lockOf(db)}-pictures`)
    this.pictures = new Pictures(db, this.server, metered)
  }

  /** Take an invitation: its code or its whole link. Harmless to repeat after a lost answer; throws Problem, NoAnswer, WorkOfAnother. */
  async enrol(code: string, deviceName: string): Promise<void> {
    return this.alone.run('enrol', () => this.enrolment.enrol(code, deviceName))
  }

  /** Ask for a fresh token; false when the server gave none. Throws NoAnswer. */
  async rotateToken(): Promise<boolean> {
    return this.alone.run('rotate', () => this.server.rotateToken())
  }

  /** Send, upload and pull until nothing is left to do or something stands in the way; one at a time across tabs. */
  async sync(why = 'by-hand'): Promise<SyncReport> {
    return this.alone.run('sync', () => this.syncing.run(why))
  }

  /** A reference file that rows name by SHA-256; undefined until a sync brought it. */
  async pack(sha256: string): Promise<Blob | undefined> {
    return this.db.packs.get(sha256)
  }

  /** Keep small pictures of these photos, the most wanted first, and let go of all others; see pictures.ts.
   *
   * It runs beside a sync and never before it. Gives the number that are still lacking; throws NoAnswer, StorageFull.
   */
  async keepPictures(wanted: readonly string[]): Promise<number> {
    return this.beside.run('pictures', () => this.pictures.keep(wanted))
  }

  /** A picture of a photo that is on this device: its original, or a small one that was kept. */
  async picture(sha256: string): Promise<Blob | null> {
    return (await this.db.bytes.get(sha256)) ?? (await this.db.pictures.get(sha256))?.bytes ?? null
  }

  /** What may wait for a network that costs nothing. */
  async chooseMediaPolicy(policy: Meta['media_policy']): Promise<void> {
    await this.db.meta.put(policy, 'media_policy')
  }

  /** Everything that is still here, as one encrypted file to hand in by other ways. Throws PassphraseTooShort. */
  async exportOutbox(passphrase: string): Promise<Blob> {
    const parts: Blob[] = []
    for await (const piece of outboxFile(this.db, passphrase)) parts.push(new Blob([piece]))
    return new Blob(parts, { type: 'application/octet-stream' })
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

  /** Keep what the person did in one strict transaction, read back. Throws NotEnrolled, OpTooLarge, NotKept.
   *
   * `drafts` are the keys of those that it was written in: they go in the same transaction, so that nothing is sent twice.
   */
  async record(
    acts: Act[],
    photos: PhotoOf[],
    given: Omit<Submission, 'ops' | 'media' | 'at'>,
    drafts: readonly string[] = [],
  ): Promise<Submission> {
    return this.recording.record(acts, photos, given, drafts)
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
