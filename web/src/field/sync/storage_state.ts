/** How safe what is kept here is: whether the browser may evict it, how full the phone is, whether bytes went missing. */
import type { FieldDatabase } from './database'

/** Plain reason codes, worst first. */
export type StorageReason = 'bytes-lost' | 'full' | 'nearly-full' | 'not-persistent' | 'unknown'

export interface StorageState {
  reasons: StorageReason[]
  persistent: boolean
  usage: number | null
  quota: number | null
  /** SHA-256 of photos that should be here and are not. */
  lost: string[]
}

const MIB = 1024 * 1024
/** Less than a photo or two; and less than a day's photos. */
const FULL_BELOW = 20 * MIB
const NEARLY_FULL_BELOW = 300 * MIB

type Storage = Partial<Pick<StorageManager, 'persisted' | 'persist' | 'estimate'>>

export async function storageState(
  db: FieldDatabase,
  storage: Storage = navigator.storage ?? {},
): Promise<StorageState> {
  const { usage, quota, left } = await room(storage)
  const persistent = (await storage.persisted?.().catch(() => false)) ?? false
  const lost = await lostBytes(db)
  const reasons: StorageReason[] = []
  if (lost.length > 0) reasons.push('bytes-lost')
  if (left !== null && left < FULL_BELOW) reasons.push('full')
  else if (left !== null && left < NEARLY_FULL_BELOW) reasons.push('nearly-full')
  if (!persistent) reasons.push('not-persistent')
  if (left === null) reasons.push('unknown')
  return { reasons, persistent, usage, quota, lost }
}

async function room(storage: Storage) {
  const { usage = null, quota = null } = (await storage.estimate?.().catch(() => null)) ?? {}
  return { usage, quota, left: usage === null || quota === null ? null : quota - usage }
}

/** Whether the phone is known to have room for a day's photos, and so for what can be fetched again. */
export async function isRoomy(storage: Storage = navigator.storage ?? {}): Promise<boolean> {
  const { left } = await room(storage)
  return left === null || left >= NEARLY_FULL_BELOW
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
