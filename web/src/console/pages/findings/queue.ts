/** The list that a supervisor works through: its rows, which one she is at, and which she has chosen.
 *
 * It outlives the page: who opens a finding goes on to the next from there, and finds the list as it was on return.
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Query } from '../../api'
import { usePaged } from '../../parts/paged'
import type { FindingRow } from './finding'

const FRESH_MS = 60_000

export const useQueue = defineStore('findings', () => {
  const list = usePaged<FindingRow>('/findings')
  const { rows, hasMore, busy, error, more } = list
  /** The page's address that the list belongs to, for the way back. */
  const address = ref<Record<string, string>>({})
  const at = ref<string | null>(null)
  const chosen = shallowRef<ReadonlyMap<string, FindingRow>>(new Map())
  const index = computed(() => rows.value.findIndex((row) => row.id === at.value))
  let said = ''
  let narrowedBy = ''
  let readAt = 0

  /** Read the first page of a query, unless it is there already and fresh. */
  async function use(query: Query, from: Record<string, string>, anew = false): Promise<void> {
    address.value = from
    const wanted = JSON.stringify(query)
    if (!anew && wanted === said && Date.now() - readAt < FRESH_MS) return
    if (wanted !== said) at.value = null
    // Another order is another way through the same findings: what is chosen stays.
    const narrowed = JSON.stringify({ ...query, sort: undefined })
    if (narrowed !== narrowedBy) chosen.value = new Map()
    said = wanted
    narrowedBy = narrowed
    readAt = Date.now()
    await list.use(query)
  }

  /** Go on by so many rows, reading more of them at the end; the row that is reached, or null at an end. */
  async function go(by: number): Promise<FindingRow | null> {
    const wanted = at.value === null && by > 0 ? 0 : index.value + by
    if (wanted >= rows.value.length && hasMore.value) await more()
    const found = rows.value[wanted] ?? null
    if (found) at.value = found.id
    return found
  }

  function choose(row: FindingRow): void {
    const next = new Map(chosen.value)
    if (!next.delete(row.id)) next.set(row.id, row)
    chosen.value = next
  }

  function chooseAll(those: readonly FindingRow[]): void {
    chosen.value = new Map(those.map((row) => [row.id, row]))
  }

  /** A row as the server now has it. */
  function replace(row: FindingRow): void {
    rows.value = rows.value.map((each) => (each.id === row.id ? row : each))
    if (chosen.value.has(row.id)) chosen.value = new Map(chosen.value).set(row.id, row)
  }

  return { rows, hasMore, busy, error, more, address, at, index, chosen, use, go, choose, chooseAll, replace }
})
