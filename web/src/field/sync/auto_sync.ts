/** When to sync without being asked: at the start, in the foreground, online again, after something was recorded. */
import { liveQuery } from 'dexie'
import { BackOff } from './backoff'
import type { Device } from '.'
import type { SyncReport, Trouble } from './types'

/** Every so often while the app is open: rows that others changed, and how far the backup has got. */
export const REGULAR_MS = 5 * 60_000

/** What may set off a sync. Each `on…` gives a function that ends it. */
export interface Occasions {
  onForeground(act: () => void): () => void
  onOnline(act: () => void): () => void
  onRecorded(act: () => void): () => void
  after(ms: number, act: () => void): () => void
}

export class AutoSync {
  private endings: (() => void)[] = []
  private forgetTimer: () => void = () => {}
  private running = false
  private wanted: string | null = null
  private newChance = false
  private readonly backOff: BackOff

  constructor(
    private readonly sync: (why: string) => Promise<SyncReport>,
    private readonly occasions: Occasions,
    random: () => number = Math.random,
  ) {
    this.backOff = new BackOff(random)
  }

  start(): void {
    const { onForeground, onOnline, onRecorded } = this.occasions
    this.endings = [
      onForeground(() => void this.tryAnew('foreground')),
      onOnline(() => void this.tryAnew('online')),
      onRecorded(() => void this.run('recorded')),
    ]
    void this.run('start')
  }

  stop(): void {
    for (const end of [...this.endings, this.forgetTimer]) end()
    this.endings = []
  }

  /** The network may be another one now: what failed over the old one counts no more. */
  private async tryAnew(why: string): Promise<void> {
    this.backOff.succeeded()
    this.newChance = this.running
    return this.run(why)
  }

  /** Sync now; what comes while one is under way is done after it, for it may have come too late for that one. */
  async run(why: string): Promise<void> {
    if (this.running) {
      this.wanted = why
      return
    }
    this.running = true
    this.forgetTimer()
    const trouble = await this.troubleOf(why)
    this.running = false
    if (this.endings.length === 0) return
    const [next, anew] = [this.wanted, this.newChance]
    this.wanted = null
    this.newChance = false
    if (next !== null && (trouble === null || anew)) return this.run(next)
    if (trouble === null) this.backOff.succeeded()
    const wait = trouble === null ? REGULAR_MS : this.backOff.failed(trouble.retryAfterS)
    this.forgetTimer = this.occasions.after(wait, () => void this.run(trouble === null ? 'regular' : 'again'))
  }

  /** What stood in the way of a sync, whatever happened: an exception must not end all that come after. */
  private async troubleOf(why: string): Promise<Trouble | null> {
    try {
      return (await this.sync(why)).trouble
    } catch (error) {
      return { code: 'device-fault', detail: String(error) }
    }
  }
}

/** The occasions that a browser gives. */
export function browserOccasions(device: Device): Occasions {
  const listen = (target: EventTarget, name: string, act: () => void) => {
    target.addEventListener(name, act)
    return () => target.removeEventListener(name, act)
  }
  return {
    onForeground: (act) =>
      listen(document, 'visibilitychange', () => void (document.visibilityState === 'visible' && act())),
    onOnline: (act) => listen(window, 'online', act),
    onRecorded: (act) => {
      let before = 0
      const watching = liveQuery(() => device.db.outbox.count()).subscribe((count) => {
        if (count > before) act()
        before = count
      })
      return () => watching.unsubscribe()
    },
    after: (ms, act) => {
      const timer = setTimeout(act, ms)
      return () => clearTimeout(timer)
    },
  }
}
