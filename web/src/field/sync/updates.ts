/** Whether a new version of the app may be taken now: only while the outbox is quiet. It never touches what is pending. */
import type { FieldDatabase } from './database'

export type WaitsFor = 'sync-running' | 'ops-pending' | 'photos-pending'

/** What a new version has to wait for; null when it may be taken. */
export async function updateWaitsFor(db: FieldDatabase): Promise<WaitsFor | null> {
  const { held = [] } = await navigator.locks.query()
  if (held.some(({ name }) => name === lockOf(db))) return 'sync-running'
  if ((await db.outbox.count()) > 0) return 'ops-pending'
  const photos = await db.media.where('state').anyOf('waiting', 'uploading').count()
  return photos > 0 ? 'photos-pending' : null
}

/** The lock that a sync holds, in all tabs. */
export function lockOf(db: FieldDatabase): string {
  return `bluegrid-sync-${db.name}`
}

/** Let the waiting version take over if it may; the page reloads when it has. What it waits for, or null. */
export async function takeUpdate(db: FieldDatabase, registration: ServiceWorkerRegistration): Promise<WaitsFor | null> {
  const waits = await updateWaitsFor(db)
  if (waits === null) registration.waiting?.postMessage({ type: 'SKIP_WAITING' })
  return waits
}
