/** How safe what is kept here is: whether the browser may evict it, how full the phone is, whether bytes went missing. */
import type { FieldDatabase } from './database'
import { lookAtRoom, type Room, type Storage } from './room'

/** Plain reason codes, worst first. */
export type StorageReason = 'bytes-lost' | 'full' | 'nearly-full' | 'not-persistent' | 'unknown'

export interface StorageState extends Pick<Room, 'left' | 'remedy'> {
  reasons: StorageReason[]
  persistent: boolean
  usage: number | null
  /** Bytes that are kept here until the server has them safely. */
  waiting: number
  /** SHA-256 of photos that should be here and are not. */
  lost: string[]
}

export async function storageState(
  db: FieldDatabase,
  storage: Storage = navigator.storage ?? {},
): Promise<StorageState> {
  const { usage, left, waiting, reason, remedy } = await lookAtRoom(db, storage)
  const persistent = (await storage.persisted?.().catch(() => false)) ?? false
  const lost = await lostBytes(db)
  const reasons: StorageReason[] = []
  if (lost.length > 0) reasons.push('bytes-lost')
  if (reason !== null) reasons.push(reason)
  if (!persistent) reasons.push('not-persistent')
  if (left === null) reasons.push('unknown')
  return { reasons, persistent, usage, left, waiting, remedy, lost }
}

/** Whether the phone is known to have room for a day's photos, and so for what can be fetched again. */
export async function isRoomy(db: FieldDatabase, storage: Storage = navigator.storage ?? {}): Promise<boolean> {
  return (await lookAtRoom(db, storage)).reason === null
}

/** Ask the browser to keep this app's data; true when it will. Browsers may ask the person, or decide by themselves. */
export async function askToPersist(storage: Storage = navigator.storage ?? {}): Promise<boolean> {
  return (await storage.persist?.().catch(() => false)) ?? false
}

async function lostBytes(db: FieldDatabase): Promise<string[]> {
  const here = new Set(await db.bytes.toCollection().primaryKeys())
  const should = await db.media.filter(({ kept }) => kept).primaryKeys()
  return should.filter((sha256) => !here.has(sha256))
}
