/** Whether the phone has room for what its person takes, and what helps where it has not.
 *
 * `estimate` alone does not tell: Chromium names its usage and 10 GiB whatever is left, so that no page can recognise a
 * phone by its disk. Its private file system is bound by the true quota, and says at once whether a file may grow so far;
 * the file is never written, and goes again. Where neither tells anything, a failed write does.
 */
import type { FieldDatabase, MediaRecord } from './database'

const MIB = 1024 * 1024
/** Less than a photo or two. */
export const FULL_BELOW = 20 * MIB
/** A day of about 60 photos: the least that is to fit. */
const DAY_BYTES = 300 * MIB
/** A day like this one came once by itself: nobody is told each morning that another would not fit. */
const MOST_DAY_BYTES = 1024 * MIB
/** So many days of the past tell what a day takes. */
const DAYS_BACK = 14
const DAY_MS = 86_400_000

export type Storage = Partial<Pick<StorageManager, 'persisted' | 'persist' | 'estimate' | 'getDirectory'>>

/** What is known when it is judged; bytes throughout. */
export interface Seen {
  usage: number | null
  quota: number | null
  /** What the browser would give now, asked for so much; null where it cannot be asked. */
  grants: number | null
  /** Of what is kept here, what goes when the server has it safely. */
  waiting: number
  /** What is taken in a day. */
  day: number
}

/** `left`: null where nobody can tell. `remedy`: whether a sync alone makes room enough, or other things must go. */
export interface Room {
  left: number | null
  reason: 'full' | 'nearly-full' | null
  remedy: 'sync' | 'both' | 'clear' | null
}

/** The one decision: full without room for a photo or two, nearly full without room for a day's. The smaller figure
 * counts, for an estimate may be too good and a grant has an upper end.
 */
export function roomOf({ usage, quota, grants, waiting, day }: Seen): Room {
  const figures = [usage === null || quota === null ? null : Math.max(0, quota - usage), grants]
  const known = figures.filter((figure) => figure !== null)
  const left = known.length > 0 ? Math.min(...known) : null
  if (left === null || left >= day) return { left, reason: null, remedy: null }
  const remedy = waiting === 0 ? 'clear' : left + waiting >= day ? 'sync' : 'both'
  return { left, reason: left < FULL_BELOW ? 'full' : 'nearly-full', remedy }
}

/** What a day takes: as much as the fullest of the last two weeks did, within bounds. */
export function dayOf(media: readonly Pick<MediaRecord, 'at' | 'size'>[], nowMs: number): number {
  const days = new Map<string, number>()
  for (const { at, size } of media) {
    if (Date.parse(at) < nowMs - DAYS_BACK * DAY_MS) continue
    days.set(at.slice(0, 10), (days.get(at.slice(0, 10)) ?? 0) + size)
  }
  return Math.min(Math.max(DAY_BYTES, ...days.values()), MOST_DAY_BYTES)
}

/** Bytes that this device lets go of by itself, once they are on the server and in its backup. */
export function waitingOf(media: readonly Pick<MediaRecord, 'state' | 'kept' | 'size'>[]): number {
  const going = media.filter(({ state, kept }) => kept && state !== 'held' && state !== 'refused')
  return going.reduce((sum, { size }) => sum + size, 0)
}

/** Look at the phone, and judge. */
export async function lookAtRoom(db: FieldDatabase, storage: Storage): Promise<Room & Seen> {
  const media = await db.media.toArray()
  const day = dayOf(media, Date.now())
  const { usage = null, quota = null } = (await storage.estimate?.().catch(() => null)) ?? {}
  const seen = { usage, quota, grants: await granted(storage, day), waiting: waitingOf(media), day }
  return { ...seen, ...roomOf(seen) }
}

const LOCK = 'bluegrid-room'

/** Keep large bytes while nobody asks for room: what is asked for is not there for others in that moment. */
export function whileNobodyAsks<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(LOCK, { mode: 'shared' }, work) as Promise<T>
}

/** How much of `bytes` the browser would give: all of it, a photo or two, or nothing; null where it does not say. */
async function granted(storage: Storage, bytes: number): Promise<number | null> {
  if (storage.getDirectory === undefined) return null
  return navigator.locks.request(LOCK, async () => {
    try {
      const root = await storage.getDirectory!()
      for (const size of [bytes, FULL_BELOW]) if (await mayGrow(root, size)) return size
      return 0
    } catch {
      return null
    }
  })
}

const ASKING = 'room'

/** Whether a file may grow so far. The folder goes first, too: an app that was ended here left its file behind. */
async function mayGrow(root: FileSystemDirectoryHandle, bytes: number): Promise<boolean> {
  const clear = () => root.removeEntry(ASKING, { recursive: true }).catch(() => {})
  await clear()
  try {
    const folder = await root.getDirectoryHandle(ASKING, { create: true })
    const file = await (await folder.getFileHandle('file', { create: true })).createWritable()
    const grown = file.truncate(bytes).then(
      () => true,
      (error: unknown) => {
        if ((error as Error).name !== 'QuotaExceededError') throw error
        return false
      },
    )
    return await grown.finally(() => file.abort().catch(() => {}))
  } finally {
    await clear()
  }
}
