/** A patrol and its points on the device: each point is on the disk as it comes. No Vue. */
import { newId, type Device, type PhotoOf, type Submission } from '../../sync'
import { sha256Hex } from '../../sync/bytes'
import { trackText, type Patrol, type TrackPoint } from './walk'

const PATROL = 'patrol'
const POINT = 'patrol-point'
/** Tracks whose patrol was recorded and that the server does not have yet. */
export const TRACK = 'patrol-track'

type Drafts = Pick<Device, 'draft' | 'keepDraft' | 'dropDraft' | 'db'>

export interface WaitingTrack {
  patrol: string
  text: string
  /** Why the server did not take it; it is kept, and not sent again by itself. */
  problem: string | null
}

export const patrolUnderWay = (device: Drafts): Promise<Patrol | undefined> => device.draft<Patrol>(PATROL)
export const keepPatrol = (device: Drafts, patrol: Patrol): Promise<void> => device.keepDraft(PATROL, patrol)

const keyOf = (patrol: string, n: number): string => `${POINT}|${patrol}|${String(n).padStart(6, '0')}`
const pointsKept = (device: Drafts, patrol: string) => device.db.drafts.where('key').startsWith(`${POINT}|${patrol}|`)

export async function keepPoint(device: Drafts, patrol: string, n: number, point: TrackPoint): Promise<void> {
  await device.keepDraft(keyOf(patrol, n), point)
}

export async function pointsOf(device: Drafts, patrol: string): Promise<TrackPoint[]> {
  return (await pointsKept(device, patrol).toArray()).map((draft) => draft.value as TrackPoint)
}

/** Throw a patrol away that was not submitted, with its points. */
export async function discard(device: Drafts, patrol: string): Promise<void> {
  await device.dropDraft(`${TRACK}|${patrol}`)
  await forget(device, patrol)
}

async function forget(device: Drafts, patrol: string): Promise<void> {
  await pointsKept(device, patrol).delete()
  await device.dropDraft(PATROL)
}

/**
 * Record the patrol; its track is kept to be sent by itself, since ops are kept for ever and tracks
 * are not. The track is on the disk before the record names it; what was walked goes with the record, and with it the
 * drafts under `also`.
 */
export async function submit(
  device: Device,
  patrol: Patrol,
  photos: PhotoOf[],
  title: string,
  also: readonly string[] = [],
): Promise<Submission> {
  const walked = await pointsKept(device, patrol.id).toArray()
  const points = walked.map((draft) => draft.value as TrackPoint)
  let track: string | null = null
  if (points.length > 0) {
    const text = trackText(points)
    track = await sha256Hex(new TextEncoder().encode(text).buffer as ArrayBuffer)
    const waiting: WaitingTrack = { patrol: patrol.id, text, problem: null }
    await device.keepDraft(`${TRACK}|${patrol.id}`, waiting)
  }
  const args = {
    ...{ started_at: patrol.startedAt, ended_at: patrol.endedAt, campaign: patrol.campaign, cells: patrol.cells },
    ...{ note: patrol.note.trim() || null, photos: photos.map((photo) => photo.sha256), track },
  }
  const act = { cmd: 'patrol.submit', row: patrol.id, args }
  const subject = { type: 'patrol', id: patrol.id }
  const spent = [PATROL, ...walked.map(({ key }) => key), ...also]
  return device.record([act], photos, { id: newId(), kind: 'patrol', title, subject }, spent)
}

/** Say that a task was done by a patrol. A record of its own: if the task is no longer hers, the patrol still stands. */
export async function taskDone(device: Device, task: string, patrol: string, title: string): Promise<void> {
  const args = { evidence: [{ type: 'patrol', id: patrol }] }
  const subject = { type: 'task', id: task }
  await device.record([{ cmd: 'task.done', row: task, args }], [], { id: newId(), kind: 'other', title, subject })
}
