/** The patrol that is under way, whichever page is open: its points are kept as they come, and the screen is kept on. */
import { readonly, shallowRef, type Ref } from 'vue'
import { followPosition } from '../../capture/position'
import { useDevice } from '../../device'
import { newId, withOffset, type Position } from '../../sync'
import { discard, keepPatrol, keepPoint, patrolUnderWay, pointsOf } from './store'
import { pointOf, worthKeeping, type Patrol, type TrackPoint } from './walk'

const patrol = shallowRef<Patrol | null>(null)
const points = shallowRef<TrackPoint[]>([])
/** Whether the screen is kept on; `null` where this browser cannot. */
const awake = shallowRef<boolean | null>(null)
/** The page was hidden while walking: phones give no position then. */
const wasHidden = shallowRef(false)
const unkept = shallowRef(false)
let letGo: (() => void) | null = null
let lock: WakeLockSentinel | null = null
let begun: Promise<void> | null = null

export interface UsedWalking {
  patrol: Readonly<Ref<Patrol | null>>
  points: Readonly<Ref<readonly TrackPoint[]>>
  awake: Readonly<Ref<boolean | null>>
  wasHidden: Readonly<Ref<boolean>>
  /** The last point could not be written down: the phone may be full. */
  unkept: Readonly<Ref<boolean>>
  /** What is on the disk, taken up again after a restart. */
  resume(): Promise<void>
  start(what: Pick<Patrol, 'campaign' | 'task' | 'cells'>): Promise<void>
  change(to: Partial<Pick<Patrol, 'state' | 'note' | 'endedAt'>>): Promise<void>
  throwAway(): Promise<void>
  /** The patrol was recorded. */
  finished(): void
}

export function useWalking(): UsedWalking {
  return {
    patrol,
    points: points as Readonly<Ref<readonly TrackPoint[]>>,
    awake: readonly(awake),
    wasHidden: readonly(wasHidden),
    unkept: readonly(unkept),
    ...{ resume, start, change, throwAway, finished },
  }
}

function resume(): Promise<void> {
  begun ??= takeUp()
  return begun
}

async function takeUp(): Promise<void> {
  const device = useDevice()
  const kept = await patrolUnderWay(device)
  document.addEventListener('visibilitychange', seen)
  if (kept === undefined) return
  points.value = await pointsOf(device, kept.id)
  await become(kept)
}

async function start(what: Pick<Patrol, 'campaign' | 'task' | 'cells'>): Promise<void> {
  points.value = []
  wasHidden.value = false
  const fresh: Patrol = { id: newId(), startedAt: wall(), state: 'walking', endedAt: null, note: '', ...what }
  await keepPatrol(useDevice(), fresh)
  await become(fresh)
}

async function change(to: Partial<Pick<Patrol, 'state' | 'note' | 'endedAt'>>): Promise<void> {
  if (patrol.value === null) return
  const changed: Patrol = { ...patrol.value, ...to }
  if (to.state === 'ended') changed.endedAt = wall()
  await keepPatrol(useDevice(), changed)
  await become(changed)
}

async function throwAway(): Promise<void> {
  if (patrol.value !== null) await discard(useDevice(), patrol.value.id)
  finished()
}

function finished(): void {
  stop()
  patrol.value = null
  points.value = []
}

async function become(now: Patrol): Promise<void> {
  patrol.value = now
  if (now.state !== 'walking') return stop()
  letGo ??= followPosition((position) => void passed(position))
  await keepAwake()
}

function stop(): void {
  letGo?.()
  letGo = null
  void lock?.release()
  lock = null
}

async function passed(position: Position): Promise<void> {
  const now = patrol.value
  if (now?.state !== 'walking' || !worthKeeping(points.value.at(-1) ?? null, position)) return
  const point = pointOf(position)
  const n = points.value.length
  points.value = [...points.value, point]
  try {
    await keepPoint(useDevice(), now.id, n, point)
    unkept.value = false
  } catch {
    unkept.value = true
  }
}

/** A phone that sleeps gives no position, so the screen stays on as long as the browser lets it. */
async function keepAwake(): Promise<void> {
  if (!('wakeLock' in navigator)) return
  if (lock !== null && !lock.released) return
  try {
    lock = await navigator.wakeLock.request('screen')
    awake.value = true
    lock.addEventListener('release', () => (awake.value = false))
  } catch {
    awake.value = false // battery saver, or the page is not in front
  }
}

function seen(): void {
  if (patrol.value?.state !== 'walking') return
  if (document.visibilityState === 'hidden') wasHidden.value = true
  else void keepAwake()
}

function wall(): string {
  const now = new Date()
  return withOffset(now.getTime(), -now.getTimezoneOffset())
}
