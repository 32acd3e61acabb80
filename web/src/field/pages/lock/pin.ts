/** The PIN of the lock: kept as a slow hash, and slower to try the more often it was wrong.
 *
 * The lock keeps a person who picks the phone up from reading and writing in somebody's name. It does not encrypt what
 * is stored: that is the phone's own lock's part. So nothing that happens here can cost anybody their work.
 */

export interface PinRecord {
  salt: string
  hash: string
  rounds: number
}

export interface Tries {
  wrong: number
  /** The wall clock in ms at the last wrong try. */
  at: number
}

export const NO_TRIES: Tries = { wrong: 0, at: 0 }

/** PBKDF2 rounds: about half a second on a phone of the middle range. */
export const ROUNDS = 300_000
/** Tries without waiting; after each further one the wait is the next of these seconds, and then the last. */
const FREE_TRIES = 4
const WAITS_S = [30, 60, 120, 300, 900]

/** Four to eight digits, not all alike and not a plain run. */
export function weakness(pin: string): 'length' | 'simple' | null {
  if (!/^\d{4,8}$/.test(pin)) return 'length'
  const steps = new Set([...pin].slice(1).map((digit, i) => Number(digit) - Number(pin[i])))
  const step = [...steps][0]
  return steps.size === 1 && step !== undefined && Math.abs(step) <= 1 ? 'simple' : null
}

export async function sealed(pin: string, rounds = ROUNDS): Promise<PinRecord> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  return { salt: hex(salt), hash: hex(await derived(pin, salt, rounds)), rounds }
}

export async function matches(pin: string, record: PinRecord): Promise<boolean> {
  const salt = Uint8Array.from(record.salt.match(/../g) ?? [], (pair) => parseInt(pair, 16))
  return hex(await derived(pin, salt, record.rounds)) === record.hash
}

export function afterWrong(tries: Tries, now: number): Tries {
  return { wrong: tries.wrong + 1, at: now }
}

/** How many ms are left to wait before the next try; a clock that was put back does not shorten it. */
export function waitLeft(tries: Tries, now: number): number {
  if (tries.wrong <= FREE_TRIES) return 0
  const seconds = WAITS_S[Math.min(tries.wrong - FREE_TRIES, WAITS_S.length) - 1] ?? 0
  return Math.max(0, seconds * 1000 - Math.max(0, now - tries.at))
}

async function derived(pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, key, 256)
  return new Uint8Array(bits)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
