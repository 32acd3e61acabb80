/** What the person is told: how much of it is unread, asked every so often while somebody is at the page.
 *
 * A request keeps a sign-in alive. So nothing is asked behind the person's back: not in a hidden tab, and not when
 * nobody has touched anything for some minutes; the sign-in then ends by itself as the office's rules want it.
 */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { api } from './api'

export interface FeedEvent {
  n: number
  kind: string
  at: string
  subject: { kind?: string; id?: string; [key: string]: unknown }
  cell: { code: string; name: string } | null
  text: Record<string, string>
  unread: boolean
}

export interface FeedPage {
  items: FeedEvent[]
  next_cursor: string | null
  unread: number
  read_up_to: number
}

export const EVERY_MS = 60_000
export const TOUCHED_MS = 5 * 60_000

/** Whether it may be asked now: the page is seen, and was touched a short while ago. */
export function mayAsk(seen: boolean, touchedAt: number, now: number): boolean {
  return seen && now - touchedAt < TOUCHED_MS
}

export const useFeed = defineStore('feed', () => {
  const unread = ref(0)
  const latest = ref<FeedEvent[]>([])
  /** The number of the newest, 0 without any; null before it was looked at. */
  const newest = ref<number | null>(null)

  async function look(): Promise<void> {
    const page = await api.get<FeedPage>('/feed', { query: { limit: 8 } })
    unread.value = page.unread
    latest.value = page.items
    newest.value = page.items[0]?.n ?? 0
  }

  async function readUpTo(n: number): Promise<void> {
    await api.put('/feed/read', { up_to: n })
    await look()
  }

  return { unread, latest, newest, look, readUpTo }
})

/** Run it whenever the person is told something new: what a page shows has changed by then. */
export function whenTold(run: () => unknown): void {
  const feed = useFeed()
  watch(
    () => feed.newest,
    (now, before) => before !== null && now! > before && run(),
  )
}
