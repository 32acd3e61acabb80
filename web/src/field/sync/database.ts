/** The device's durable tables in IndexedDB, and the one way to write several of them at once.
 *
 * Every transaction asks for strict durability: what was written is on the disk when its promise resolves. A
 * transaction ends by itself when it waits for anything but the database, so hashes and signatures are made before it.
 */
import Dexie, { type EntityTable, type Table } from 'dexie'
import type { Json, Row, Submission } from './types'

/** What the server said of an op. */
export interface OpResult {
  id: string
  n: number
  status: 'applied' | 'merged' | 'conflict' | 'rejected' | 'held' | 'retry'
  replay: boolean
  seq: number
  rev: number | null
  conflict: string | null
  problem: (Json & { code?: string }) | null
  receipt: string | null
}

/** An op on this device: its exact text, and where it stands. */
export interface OpRecord {
  /** `<stream>|<n, twelve digits>`: order of the key is order of the chain. */
  key: string
  id: string
  /** The id under which it was first recorded, in whatever stream. */
  first: string
  stream: string
  n: number
  body: string
  sha256: string
  sig: string | null
  result: OpResult | null
  /** What to think of the server's receipt: see receipts.ts. */
  receipt?: string
  /** Why it was set aside. */
  problem?: string
}

/** The newest word on an op, by the id under which it was first recorded; it stays when the op is pruned. */
export interface Outcome {
  first: string
  status: OpResult['status']
  seq: number
  problem: OpResult['problem']
  conflict: string | null
}

/** A row of the mirror and the scopes that it is in, with the `seq` of its entry in each. */
export interface MirrorRecord {
  key: string
  type: string
  id: string
  rev: number
  seq: number
  scopes: string[]
  entered: Record<string, number>
  row: Row
}

/** `held`: kept for a draft, named by no record yet. `sent`: all bytes went, the server was not asked yet. */
export type MediaState = 'held' | 'waiting' | 'uploading' | 'sent' | 'stored' | 'refused'

export interface MediaRecord {
  sha256: string
  size: number
  mediaType: string
  filename: string
  state: MediaState
  /** The blob's `seq` on the server, once stored. */
  seq: number | null
  /** Bytes that the server is known to have of it. */
  sent: number
  at: string
  /** False when the bytes were deleted here, being stored and backed up there. */
  kept: boolean
  /** Where its upload goes on. */
  url: string | null
  /** Why the server refused it. */
  problem: string | null
}

/** A small picture of a photo whose original lies on the server; `bytes` is null where the server can make none of it. */
export interface Picture {
  sha256: string
  bytes: Blob | null
}

export interface Draft {
  key: string
  value: unknown
  at: string
}

export class FieldDatabase extends Dexie {
  meta!: Table<unknown, string>
  outbox!: EntityTable<OpRecord, 'key'>
  retained!: EntityTable<OpRecord, 'key'>
  aside!: EntityTable<OpRecord, 'key'>
  results!: EntityTable<Outcome, 'first'>
  rows!: EntityTable<MirrorRecord, 'key'>
  media!: EntityTable<MediaRecord, 'sha256'>
  bytes!: Table<Blob, string>
  packs!: Table<Blob, string>
  pictures!: EntityTable<Picture, 'sha256'>
  submissions!: EntityTable<Submission, 'id'>
  drafts!: EntityTable<Draft, 'key'>

  constructor(name = 'bluegrid-field') {
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      meta: '',
      outbox: 'key, first',
      retained: 'key, first',
      aside: 'key, first',
      results: 'first',
      rows: 'key, type, *scopes, [type+row.state], [type+row.site]',
      media: 'sha256, state',
      bytes: '',
      packs: '',
      submissions: 'id, at, kind',
      drafts: 'key',
    })
    this.version(2).stores({ pictures: 'sha256' })
  }

  /** A value of the `meta` table. */
  async known<K extends keyof Meta>(name: K): Promise<Meta[K] | undefined> {
    return (await this.meta.get(name)) as Meta[K] | undefined
  }
}

/** The stream's id and the last op of its chain. */
export interface Tip {
  id: string
  n: number
  sha256: string | null
}

export interface ServerKnown {
  epoch: string
  limits: { batch_ops: number; batch_bytes: number } & Json
  user: { id: string; name: string; roles?: string[] } & Json
  backed_up_seq?: number
}

/** What the `meta` table holds, by name. */
export interface Meta {
  install: string
  key: { privateKey: CryptoKey; jwk: JsonWebKey }
  token: string
  /** The one before the last rotation, and when that was, by this device's clock. */
  token_before: string
  token_at: number
  server: ServerKnown
  stream: Tip
  cursor: string
  receipt_keys: JsonWebKey[]
  chunk_bytes: number
  media_policy: { wifiOnlyAboveMb: number | null; filmsOnWifiOnly: boolean }
  synced_at: string
}

type Tables = {
  meta: unknown
  outbox: OpRecord
  retained: OpRecord
  aside: OpRecord
  results: Outcome
  rows: MirrorRecord
  media: MediaRecord
  bytes: Blob
  packs: Blob
  pictures: Picture
  submissions: Submission
  drafts: Draft
}

/** One change of one table: [table, key, value]; null deletes. */
export type Change = { [T in keyof Tables]: [table: T, key: string, value: Tables[T] | null] }[keyof Tables]

/** The chain went on, in another tab or by a person, while something was being computed for it. */
export class TipMoved extends Error {}

/** The phone has no room: nothing of what was to be written is kept, everything that was is. */
export class StorageFull extends Error {
  readonly code = 'storage-full'
}

const KEYED = new Set(['meta', 'bytes', 'packs'])

/** Make changes, all or none, durable when it resolves. With `tip`: only if the chain still ends there (TipMoved).
 *
 * `also` runs in the same transaction over the tables that it names.
 */
export async function write(
  db: FieldDatabase,
  changes: Change[],
  tip?: Tip,
  also?: { tables: string[]; run: () => Promise<unknown> },
): Promise<void> {
  if (changes.length === 0 && also === undefined) return
  const names = [...new Set<string>([...changes.map(([table]) => table), ...(also?.tables ?? []), 'meta'])]
  await withRoom(() => db.transaction('rw', names, () => written(db, changes, tip, also)))
}

async function written(db: FieldDatabase, changes: Change[], tip?: Tip, also?: { run: () => Promise<unknown> }) {
  if (tip !== undefined) {
    const now = await db.known('stream')
    if (now?.id !== tip.id || now.n !== tip.n || now.sha256 !== tip.sha256) throw new TipMoved('the chain went on')
  }
  for (const [name, latest] of byTable(changes)) {
    const table = db.table(name)
    const [gone, kept] = [
      [...latest].filter(([, value]) => value === null),
      [...latest].filter(([, value]) => value !== null),
    ]
    await table.bulkDelete(gone.map(([key]) => key))
    const values = kept.map(([, value]) => value)
    await (KEYED.has(name)
      ? table.bulkPut(
          values,
          kept.map(([key]) => key),
        )
      : table.bulkPut(values))
  }
  await also?.run()
}

/** A write; throws StorageFull where the browser says that its quota is used up, or that the disk took no more bytes. */
async function withRoom<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (saysFull(error) || saysFull((error as { inner?: unknown }).inner)) throw new StorageFull('no room')
    throw error
  }
}

/** Chromium has a quota, and no name of its own for a disk that is fuller than it knew: the bytes fail to be written. */
function saysFull(error: unknown): boolean {
  const { name, message = '' } = (error ?? {}) as { name?: string; message?: string }
  return name === 'QuotaExceededError' || (name === 'DataError' && message.includes('write blobs'))
}

/** The last word on each key of each table. */
function byTable(changes: Change[]): Map<string, Map<string, unknown>> {
  const tables = new Map<string, Map<string, unknown>>()
  for (const [table, key, value] of changes) {
    if (!tables.has(table)) tables.set(table, new Map())
    tables.get(table)!.set(key, value)
  }
  return tables
}
