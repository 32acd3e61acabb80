/** Instants of captures: as the contract wants them, and as people read them. */
import { withOffset } from '../sync'

/** RFC 3339 with the offset of the phone's clock, never "Z": EXIF times have none, and the server reads them by this. */
export function localInstant(at: Date): string {
  return withOffset(at.getTime(), -at.getTimezoneOffset())
}

/** `20261126_101500` of an instant by the phone's clock: for names of files. */
export function stamp(at: Date): string {
  return localInstant(at).slice(0, 19).replace(/[-:]/g, '').replace('T', '_')
}

/** `01:05` of a number of seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${twoDigits(Math.floor(whole / 60))}:${twoDigits(whole % 60)}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')
