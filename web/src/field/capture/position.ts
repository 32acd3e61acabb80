/** The phone's position for components: one watch for the whole app, running while somebody on screen wants it. */
import { computed, onBeforeUnmount, onMounted, readonly, ref, type Ref } from 'vue'
import type { Position } from '../sync'
import { DATUMS, PositionWatch, type Datum, type State } from './position-watch'

const DATUM = 'bluegrid.position-datum'
const position = ref<Position | null>(null)
const state = ref<State>('waiting')
const datum = ref<Datum>(declared())
/** How many wait for a position: whichever page shows it offers what can be done. */
const asking = ref(0)
const waiting = computed(() => asking.value > 0)
let wanted = 0
let ticking: ReturnType<typeof setInterval> | undefined

const watch = new PositionWatch({
  receiver: typeof navigator === 'undefined' ? undefined : navigator.geolocation,
  secure: typeof isSecureContext === 'undefined' || isSecureContext,
  now: () => new Date(),
  datum: () => datum.value,
  changed: show,
})

const followers = new Set<(position: Position) => void>()

function show(): void {
  const before = position.value
  position.value = watch.fresh()
  if (position.value !== null && position.value !== before) for (const seen of followers) seen(position.value)
  state.value = watch.state
}

function look(): void {
  watch.renew()
  show()
}

/** What this device's browser gives, as somebody declared it here; WGS 84 by the browsers' own standard. */
function declared(): Datum {
  const said = typeof localStorage === 'undefined' ? null : localStorage.getItem(DATUM)
  return DATUMS.find((each) => each === said) ?? 'WGS84'
}

/** Declare what this device's browser gives. Positions taken before keep what they were taken as. */
export function declareDatum(said: Datum): void {
  localStorage.setItem(DATUM, said)
  datum.value = said
  if (watch.state !== 'manual') watch.release()
}

export interface UsedPosition {
  /** Null while there is none that may be written down. */
  position: Readonly<Ref<Position | null>>
  waiting: Readonly<Ref<boolean>>
  state: Readonly<Ref<State>>
  datum: Readonly<Ref<Datum>>
  /** Waits for a good fix, for `take`, or for `put`. */
  ask(): Promise<Position | null>
  take(): void
  put(lon: number, lat: number): void
  release(): void
  retry(): void
}

export function usePosition(): UsedPosition {
  onMounted(begin)
  onBeforeUnmount(end)
  async function ask(): Promise<Position | null> {
    asking.value += 1
    try {
      return await watch.ask()
    } finally {
      asking.value -= 1
    }
  }
  return {
    position: readonly(position) as Readonly<Ref<Position | null>>,
    waiting,
    state: readonly(state),
    datum: readonly(datum),
    ask,
    take: () => watch.take(),
    put: (lon, lat) => watch.put(lon, lat),
    release: () => watch.release(),
    retry: () => {
      watch.stop()
      watch.start()
    },
  }
}

/** Tells of each new position until the function that it gives is called, whichever page is open. */
export function followPosition(seen: (position: Position) => void): () => void {
  followers.add(seen)
  begin()
  return () => {
    if (followers.delete(seen)) end()
  }
}

function begin(): void {
  wanted += 1
  watch.start()
  // Nothing tells that a fix has grown old, so it is looked at.
  ticking ??= setInterval(look, 5_000)
}

function end(): void {
  wanted -= 1
  if (wanted > 0) return
  watch.stop()
  clearInterval(ticking)
  ticking = undefined
}
