/** Where the phone is: what the receiver says, how good that is, and when it counts as good enough.
 *
 * No Vue. It never guesses a datum: the person declares once per device what this browser gives (`datum`), and it never
 * makes up a position: refused, unavailable and too old are states of their own.
 */
import type { Position } from '../sync'
import { localInstant } from './instant'

export type Datum = Position['datum']
export const DATUMS: readonly Datum[] = ['WGS84', 'GCJ02', 'BD09', 'CGCS2000']

/** Metres from which a fix is taken without asking the person. */
export const GOOD_M = 20
/** A fix older than this says where the phone was, not where it is. */
export const STALE_MS = 60_000

/** `waiting` for a first fix; `coarse`, worse than GOOD_M; `stale`, none lately; `insecure`, the page is not HTTPS. */
export type State = 'waiting' | 'coarse' | 'good' | 'stale' | 'manual' | 'refused' | 'unavailable' | 'insecure'

/** The part of `navigator.geolocation` that is used. */
export type Receiver = Pick<Geolocation, 'watchPosition' | 'clearWatch'>

export interface Surroundings {
  receiver: Receiver | undefined
  secure: boolean
  now: () => Date
  datum: () => Datum
  changed: () => void
}

export class PositionWatch {
  position: Position | null = null
  private fault: 'refused' | 'unavailable' | 'insecure' | null = null
  private byHand = false
  private watch: number | null = null
  private seenAt = 0
  private asking: ((position: Position | null) => void)[] = []

  constructor(private readonly around: Surroundings) {}

  get running(): boolean {
    return this.watch !== null
  }

  get state(): State {
    if (this.byHand) return 'manual'
    if (this.position !== null && this.age() <= STALE_MS) return this.good() ? 'good' : 'coarse'
    return this.fault ?? (this.position === null ? 'waiting' : 'stale')
  }

  start(): void {
    if (this.watch === null) this.begin()
  }

  /** Ask the receiver anew when the last fix grew old: some send none while the phone stays where it is. */
  renew(): void {
    if (this.watch === null || this.state !== 'stale') return
    this.around.receiver?.clearWatch(this.watch)
    this.begin()
  }

  private begin(): void {
    if (!this.around.secure || this.around.receiver === undefined) {
      this.fault = this.around.secure ? 'unavailable' : 'insecure'
      this.tell()
      return
    }
    this.fault = null
    this.watch = this.around.receiver.watchPosition(
      (fix) => this.fixed(fix),
      (error) => this.failed(error.code),
      { enableHighAccuracy: true, maximumAge: 0, timeout: 30_000 },
    )
    this.tell()
  }

  stop(): void {
    if (this.watch !== null) this.around.receiver?.clearWatch(this.watch)
    this.watch = null
    this.answer(null)
  }

  /** The position once it is good, or what there is when the person says so (`take`); null when there can be none. */
  ask(): Promise<Position | null> {
    this.start()
    if (this.settled()) return Promise.resolve(this.position)
    if (this.state === 'refused' || this.state === 'insecure') return Promise.resolve(null)
    return new Promise((resolve) => this.asking.push(resolve))
  }

  /** The person does not wait for a better fix. */
  take(): void {
    this.answer(this.fresh())
  }

  /** The person put the place on the map: CGCS2000 degrees. It stands until `release`. */
  put(lon: number, lat: number): void {
    this.byHand = true
    this.seenAt = this.around.now().getTime()
    this.position = {
      ...{ lon, lat, datum: 'CGCS2000' as const, accuracy_m: null, altitude_m: null },
      ...{ provider: 'manual', mock: null, at: localInstant(this.around.now()) },
    }
    this.answer(this.position)
    this.tell()
  }

  /** Back from the place put by hand to the receiver. */
  release(): void {
    this.byHand = false
    this.position = null
    this.tell()
  }

  /** The position that may be written down now: null when there is none or it is too old. */
  fresh(): Position | null {
    return this.byHand || this.age() <= STALE_MS ? this.position : null
  }

  private fixed(fix: GeolocationPosition): void {
    if (this.byHand) return
    this.fault = null
    const at = new Date(fix.timestamp)
    this.seenAt = at.getTime()
    this.position = {
      lon: fix.coords.longitude,
      lat: fix.coords.latitude,
      datum: this.around.datum(),
      accuracy_m: finite(fix.coords.accuracy),
      altitude_m: finite(fix.coords.altitude),
      provider: 'browser',
      mock: null, // browsers do not say; null is "not said"
      at: localInstant(at),
    }
    if (this.good()) this.answer(this.position)
    this.tell()
  }

  private failed(code: number): void {
    // 1: the person or the system refused. 2 and 3: no fix (yet); the watch goes on.
    this.fault = code === 1 ? 'refused' : 'unavailable'
    if (code === 1) {
      this.watch = null
      this.answer(this.fresh())
    }
    this.tell()
  }

  private settled(): boolean {
    const state = this.state
    return state === 'good' || state === 'manual'
  }

  private good(): boolean {
    const accuracy = this.position?.accuracy_m
    return accuracy !== null && accuracy !== undefined && accuracy <= GOOD_M
  }

  private age(): number {
    return this.position === null ? Infinity : this.around.now().getTime() - this.seenAt
  }

  private answer(position: Position | null): void {
    for (const resolve of this.asking.splice(0)) resolve(position)
  }

  private tell(): void {
    this.around.changed()
  }
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null)
