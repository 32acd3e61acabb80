/** Tracks on their way: sent after their patrol, again until the server has them, dropped only then. No Vue. */
import { NoAnswer } from '@shared/problem'
import { asked } from '../../asked'
import type { Device } from '../../sync'
import type { Answer, Transport } from '../../sync/transport'
import { TRACK, type WaitingTrack } from './store'

type Part = Pick<Device, 'db' | 'keepDraft' | 'dropDraft'>

export async function waitingTracks(device: Pick<Device, 'db'>): Promise<WaitingTrack[]> {
  const drafts = await device.db.drafts.where('key').startsWith(`${TRACK}|`).toArray()
  return drafts.map((draft) => draft.value as WaitingTrack)
}

/** Send what waits. What the server will never take is kept with its reason; all else is tried again another time. */
export async function sendTracks(device: Part, transport?: Transport): Promise<void> {
  for (const track of await waitingTracks(device)) {
    if (track.problem !== null) continue
    const key = `${TRACK}|${track.patrol}`
    const answer = await sent(device, track, transport)
    if (answer === null) return
    if (answer.status === 200) await device.dropDraft(key)
    else if (refused(answer)) await device.keepDraft(key, { ...track, problem: answer.code })
  }
}

async function sent(device: Part, track: WaitingTrack, transport?: Transport): Promise<Answer | null> {
  const path = `/api/v1/patrols/${track.patrol}/track`
  try {
    return await asked(device, 'PUT', path, { 'Content-Type': 'application/json' }, track.text, transport)
  } catch (error) {
    if (error instanceof NoAnswer) return null
    throw error
  }
}

/** 401 is mended by the sync, and 404 says that the patrol itself has not come: both pass. */
function refused({ status }: Answer): boolean {
  return [409, 413, 422].includes(status)
}
