/** Answers of the server that are kept for work without a network, each under a name, and asked for again by its ETag.
 *
 * They lie in the device's `meta` table: cells with their shapes, and what a map has below its layers. No Vue.
 */
import { NoAnswer } from '@shared/problem'
import { asked } from './asked'
import type { Device } from './sync'
import type { Transport } from './sync/transport'

export const KEPT = {
  cells: '/api/v1/cells?format=geojson',
  'map-settings': '/api/v1/map-settings',
} as const
export type Name = keyof typeof KEPT

interface Kept {
  etag: string | null
  body: Blob
}

const keyOf = (name: Name): string => `kept|${name}`

/** What was kept last; undefined when nothing was, or when it cannot be read. */
export async function kept<T>(device: Pick<Device, 'db'>, name: Name): Promise<T | undefined> {
  const found = (await device.db.meta.get(keyOf(name))) as Kept | undefined
  if (found === undefined) return undefined
  try {
    return JSON.parse(await found.body.text()) as T
  } catch {
    return undefined
  }
}

/** Ask again and keep what is new; true when something was. Without a network, and on any refusal, all stays. */
export async function keepAgain(device: Pick<Device, 'db'>, name: Name, transport?: Transport): Promise<boolean> {
  if ((await device.db.known('token')) === undefined) return false
  const before = (await device.db.meta.get(keyOf(name))) as Kept | undefined
  const since: Record<string, string> = before?.etag ? { 'If-None-Match': before.etag } : {}
  try {
    const answer = await asked(device, 'GET', KEPT[name], since, null, transport)
    if (answer.status !== 200) return false
    const fresh: Kept = { etag: answer.headers.etag ?? null, body: new Blob([answer.body]) }
    await device.db.meta.put(fresh, keyOf(name))
    return true
  } catch (error) {
    if (error instanceof NoAnswer) return false
    throw error
  }
}
