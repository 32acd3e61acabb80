/** A list that is read page by page, with what is asked of it kept in the page's address.
 *
 * `use` reads the first page; `more` goes on. An answer that comes after a later question is thrown away, and rows that
 * answered an earlier question do not stand below a new one while it is on its way.
 */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { api as theApi, type Api, type Page, type Query } from '../api'

export interface Paged<T> {
  rows: ShallowRef<T[]>
  more: () => Promise<void>
  use: (query: Query) => Promise<void>
  hasMore: Ref<boolean>
  busy: Ref<boolean>
  error: ShallowRef<unknown>
}

export function usePaged<T>(path: string, limit = 50, api: Pick<Api, 'pages'> = theApi): Paged<T> {
  const rows = shallowRef<T[]>([])
  const hasMore = ref(false)
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  let said = ''
  let pages: AsyncGenerator<Page<T>, void, undefined> | null = null

  async function step(of: typeof pages, before: T[]): Promise<void> {
    busy.value = true
    error.value = null
    try {
      const next = await of?.next()
      if (of !== pages) return
      if (next?.value) {
        rows.value = [...before, ...next.value.items]
        hasMore.value = next.value.next_cursor !== null
      }
    } catch (problem) {
      if (of === pages) error.value = problem
    } finally {
      if (of === pages) busy.value = false
    }
  }

  async function use(query: Query): Promise<void> {
    pages = api.pages<T>(path, { query: { limit, ...query } })
    hasMore.value = false
    const asked = JSON.stringify(query)
    if (asked !== said) rows.value = []
    said = asked
    await step(pages, [])
  }

  return { rows, hasMore, busy, error, use, more: () => step(pages, rows.value) }
}
