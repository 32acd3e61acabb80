/** A draft as reactive state: read once, kept at every change, there again after a crash. */
import { nextTick, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useDevice } from '../../device'
import { Keeper } from './keeper'

export interface UsedDraft<T> {
  /** Null until it was read. */
  draft: Ref<T | null>
  /** There is none under this key. */
  absent: Ref<boolean>
  state: Ref<'keeping' | 'kept' | 'failed'>
  /** Resolves when the last change is on the disk. */
  settled: () => Promise<void>
  /** Record what it holds: `record` takes the draft away with its own transaction. Where it fails, all is as it was. */
  spend: <R>(record: (drafts: readonly string[]) => Promise<R>) => Promise<R>
  /** After it was spent: begin the next one. */
  renew: () => Promise<void>
  /** Delete it: it is not wanted. */
  drop: () => Promise<void>
}

/** The draft under a key; `make` begins one where there is none. */
export function useDraft<T extends object>(key: string, make?: () => Promise<T>): UsedDraft<T> {
  const device = useDevice()
  const draft = ref(null) as Ref<T | null>
  const absent = ref(false)
  const state = ref<'keeping' | 'kept' | 'failed'>('kept')
  const keeper = new Keeper<T>(
    (value) => device.keepDraft(key, value),
    (now) => (state.value = now),
  )
  const keep = (value: T): void => keeper.keep(JSON.parse(JSON.stringify(value)) as T)
  let over = false
  async function begin(): Promise<void> {
    const kept = (await device.draft<T>(key)) ?? (await make?.())
    if (over) return
    if (kept === undefined) absent.value = true
    else draft.value = kept
  }
  void begin()
  // A reactive proxy cannot be stored; its JSON can.
  const stop = watch(
    draft,
    (now, before) => {
      if (!over && now !== null && before !== null) keep(now)
    },
    { deep: true },
  )
  onScopeDispose(stop)
  async function spend<R>(record: (drafts: readonly string[]) => Promise<R>): Promise<R> {
    over = true
    await keeper.settled()
    try {
      return await record([key])
    } catch (error) {
      over = false
      if (draft.value !== null) keep(draft.value)
      throw error
    }
  }
  async function renew(): Promise<void> {
    draft.value = (await make?.()) ?? null
    await nextTick() // the change that it is itself is no draft
    over = false
  }
  async function drop(): Promise<void> {
    over = true
    await keeper.settled()
    await device.dropDraft(key)
  }
  return { draft, absent, state, settled: () => keeper.settled(), spend, renew, drop }
}
