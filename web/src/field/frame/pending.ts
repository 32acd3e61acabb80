/** What is on this device alone: the figures of the line at the top, which are counted and never guessed. */
import type { FieldDatabase, MediaRecord } from '../sync/database'

export interface Pending {
  /** What the person did and the server has not acknowledged; photos are counted by themselves. */
  records: number
  photos: number
  /** Bytes of photos that are still to go. */
  bytes: number
  syncedAt: string | null
}

export const NOTHING: Pending = { records: 0, photos: 0, bytes: 0, syncedAt: null }

/** A photo counts until the server says that it has it, also one that it would not take. */
const NOT_THERE: MediaRecord['state'][] = ['waiting', 'uploading', 'sent', 'refused']

export async function pendingOf(db: FieldDatabase): Promise<Pending> {
  const [outbox, aside] = [await db.outbox.toArray(), await db.aside.toArray()]
  const media = await db.media.where('state').anyOf(NOT_THERE).toArray()
  return {
    records: [...outbox, ...aside].filter(({ body }) => commandOf(body) !== 'photo.add').length,
    photos: media.length,
    bytes: media.reduce((sum, { size, sent }) => sum + size - sent, 0),
    syncedAt: (await db.known('synced_at')) ?? null,
  }
}

function commandOf(body: string): unknown {
  return (JSON.parse(body) as { cmd?: unknown }).cmd
}
