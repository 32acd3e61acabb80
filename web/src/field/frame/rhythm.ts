/** When to sync by itself: at the start, when the network or the person comes back, after a record, and again after a failure. */
import type { Trouble } from '../sync'

export const CALM_MS = 5 * 60_000
const BACK_OFF_MS = [15_000, 30_000, 60_000, 120_000, 300_000, 600_000]

/** How long to wait for the next try: what the server asked for, or longer after each failure; `luck` in [0, 1) spreads
 * the phones of a whole office, which all lose and find the network together. */
export function nextTryMs(trouble: Trouble | null, failures: number, luck: number): number {
  if (trouble === null) return CALM_MS
  const step = BACK_OFF_MS[Math.min(Math.max(failures, 1), BACK_OFF_MS.length) - 1]!
  return Math.max(step, (trouble.retryAfterS ?? 0) * 1000) * (1 + luck / 4)
}
