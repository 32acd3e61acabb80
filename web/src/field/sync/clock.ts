/** Time and ids of this device. */

export interface Clock {
  /** Names this run of the app: monotonic times of one boot are comparable. */
  readonly boot: string
  /** Milliseconds since 1970 by the device's clock, which may be wrong. */
  nowMs(): number
  /** The same instant in RFC 3339 with the device's offset. */
  wall(): string
  /** Milliseconds since `boot`; never goes back. */
  monoMs(): number
}

export class SystemClock implements Clock {
  readonly boot = newId() // crypto.randomUUID is missing where there is no HTTPS, and the app has to say so

  nowMs(): number {
    return Date.now()
  }

  wall(): string {
    const now = new Date(this.nowMs())
    return withOffset(now.getTime(), -now.getTimezoneOffset())
  }

  monoMs(): number {
    return Math.floor(performance.now())
  }
}

/** RFC 3339 with milliseconds and an offset of so many minutes east of UTC. */
export function withOffset(ms: number, minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
  return new Date(ms + minutes * 60_000).toISOString().slice(0, -1) + offset
}

/** A UUIDv7: made on devices, sortable by time. */
export function newId(nowMs = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(nowMs / 2 ** (8 * (5 - i))) % 256
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}
