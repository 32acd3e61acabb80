/** How far a submission has come, as the three stations that a person sees. */
import type { Standing } from '../../sync'

export const STATIONS = ['on-device', 'received', 'complete'] as const
export type Station = (typeof STATIONS)[number]

/** The station reached. What needs somebody stands where its parts are: that is said beside it, not instead of it. */
export function stationOf({ ops, opsReceived, media, mediaStored }: Standing): Station {
  if (opsReceived < ops) return 'on-device'
  return mediaStored < media ? 'received' : 'complete'
}

/** True when the photos that were counted are on the server as they were taken. */
export function photosUnchanged({ media, mediaStored }: Standing): boolean {
  return media > 0 && mediaStored === media
}
