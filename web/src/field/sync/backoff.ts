/** How long to wait before the next try: longer each time, never the same for all devices, as long as the server says. */

const FIRST_MS = 5_000
const LONGEST_MS = 10 * 60_000

export class BackOff {
  private failures = 0

  constructor(private readonly random: () => number = Math.random) {}

  succeeded(): void {
    this.failures = 0
  }

  /** Milliseconds to wait after one more failure. */
  failed(retryAfterS = 0): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures)
    this.failures = Math.min(this.failures + 1, 30)
    const own = most * (0.5 + this.random() / 2)
    return Math.round(Math.max(own, retryAfterS * 1000 * (1 + this.random() / 4)))
  }
}
