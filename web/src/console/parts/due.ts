/** How a term stands: what is left of it, or how late it is. */

export interface Term {
  kind: 'over' | 'soon' | 'open' | 'parked'
  /** How much is left, or how much too late, in whole units. */
  count: number
  unit: 'days' | 'hours' | 'minutes'
}

const DAY = 24 * 60
const SOON = DAY

/** The term of something; null without one. `parkedUntil`: it is put aside until then, and not late meanwhile. */
export function termOf(due: string | null | undefined, parkedUntil: string | null | undefined, now: Date): Term | null {
  if (!due) return null
  const parked = parkedUntil && new Date(parkedUntil) > now
  const minutes = Math.floor(((parked ? new Date(parkedUntil) : new Date(due)).getTime() - now.getTime()) / 60_000)
  const size = Math.abs(minutes)
  const unit = size >= DAY ? 'days' : size >= 60 ? 'hours' : 'minutes'
  const count = Math.floor(size / { days: DAY, hours: 60, minutes: 1 }[unit])
  return { kind: parked ? 'parked' : minutes < 0 ? 'over' : minutes < SOON ? 'soon' : 'open', count, unit }
}
