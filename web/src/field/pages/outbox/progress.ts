/** How far a submission has come, as the three stations that a person sees. */
import type { Standing } from '../../sync'

export const STATIONS = ['on-device', 'received', 'complete'] as const
export type Station = (typeof STATIONS)[number]

/** The station reached. What was not taken, or waits for a supervisor, is received and no more; what somebody else
 * was faster with is all there, visibly in conflict.
 */
export function stationOf({ state, reason, ops, opsReceived, media, mediaStored }: Standing): Station {
  if (opsReceived < ops) return 'on-device'
  const settled = state !== 'needs-you' || reason === 'conflict'
  return settled && mediaStored === media ? 'complete' : 'received'
}

/** True when the photos that were counted are on the server as they were taken. */
export function photosUnchanged({ media, mediaStored }: Standing): boolean {
  return media > 0 && mediaStored === media
}
