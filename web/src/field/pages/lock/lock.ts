/** Whether the app is locked: by a PIN after some minutes without a touch. Sync goes on behind it. */
import { computed, ref } from 'vue'
import { usePreferences } from '../../preferences'
import { passkeyOpens } from './passkey'
import { afterWrong, matches, NO_TRIES, sealed, waitLeft, type PinRecord, type Tries } from './pin'

interface Kept {
  pin: PinRecord
  passkey: string | null
  tries: Tries
}

const KEY = 'bluegrid.lock'
const TOUCHED = 'bluegrid.touched'
/** A touch is noted this often at most. */
const NOTED_EVERY_MS = 5000

/** True when nobody has touched the app for so long. A last touch that lies ahead tells of a clock put back: lock. */
export function idleTooLong(touchedAt: number, now: number, minutes: number): boolean {
  return now < touchedAt - NOTED_EVERY_MS || now - touchedAt >= minutes * 60_000
}

function stored(): Kept | null {
  const text = localStorage.getItem(KEY)
  if (text === null) return null
  try {
    const said = JSON.parse(text) as Partial<Kept>
    return said.pin ? { pin: said.pin, passkey: said.passkey ?? null, tries: said.tries ?? NO_TRIES } : null
  } catch {
    return null
  }
}

const kept = ref<Kept | null>(null)
const locked = ref(false)
let touched = 0

function keep(now: Kept | null): void {
  kept.value = now
  if (now === null) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, JSON.stringify(now))
}

function note(now: number): void {
  touched = now
  localStorage.setItem(TOUCHED, String(now))
}

/** The lock of this app. Times are wall-clock ms. */
export function useLock() {
  const preferences = usePreferences()

  /** At the start of the app: locked unless it was touched a moment ago. */
  function begin(now: number): void {
    kept.value = stored()
    touched = Number(localStorage.getItem(TOUCHED) ?? 0)
    locked.value = false
    check(now)
  }

  function check(now: number): void {
    if (kept.value !== null && idleTooLong(touched, now, preferences.lockAfterMinutes)) locked.value = true
  }

  /** Somebody touched the screen; one who comes back after a long while finds it locked. */
  function touch(now: number): void {
    check(now)
    if (!locked.value && now - touched >= NOTED_EVERY_MS) note(now)
  }

  /** Locked by hand: as if nobody had ever touched it, so that starting the app anew opens nothing. */
  function lockNow(): void {
    if (kept.value === null) return
    note(0)
    locked.value = true
  }

  function opened(now: number): void {
    if (kept.value !== null) keep({ ...kept.value, tries: NO_TRIES })
    note(now)
    locked.value = false
  }

  async function tryPin(pin: string, now: number): Promise<'open' | 'wrong' | 'wait'> {
    const before = kept.value
    if (before === null) return 'open'
    if (waitLeft(before.tries, now) > 0) return 'wait'
    // Counted before it is judged, so that closing the app in between is no free try.
    keep({ ...before, tries: afterWrong(before.tries, now) })
    if (!(await matches(pin, before.pin))) return 'wrong'
    opened(now)
    return 'open'
  }

  async function tryPasskey(now: () => number): Promise<boolean> {
    const id = kept.value?.passkey
    if (!id || !(await passkeyOpens(id))) return false
    opened(now())
    return true
  }

  async function setPin(pin: string, now: number): Promise<void> {
    keep({ pin: await sealed(pin), passkey: kept.value?.passkey ?? null, tries: NO_TRIES })
    opened(now)
  }

  function setPasskey(id: string | null): void {
    if (kept.value !== null) keep({ ...kept.value, passkey: id })
  }

  /** No lock any more: the person turned it off, or proved who she is with a new invitation. Touches no work. */
  function remove(): void {
    keep(null)
    locked.value = false
  }

  return {
    locked: computed(() => locked.value),
    hasPin: computed(() => kept.value !== null),
    hasPasskey: computed(() => kept.value?.passkey != null),
    tries: computed(() => kept.value?.tries ?? NO_TRIES),
    begin,
    check,
    touch,
    tryPin,
    tryPasskey,
    setPin,
    setPasskey,
    remove,
    lockNow,
  }
}
