/** A draft as reactive state: read once, kept at every change, there again after a crash. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
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
  /** Delete it: what it held was recorded, or is not wanted. */
  drop: () => Promise<void>
}

/** The draft under a key; `make` begins one where there is none. What `recorded` says was recorded leaves no draft: the
 * app was ended between the two.
 */
export function useDraft<T extends object>(
  key: string,
  make?: () => Promise<T>,
  recorded?: () => Promise<boolean>,
): UsedDraft<T> {
  const device = useDevice()
  const draft = ref(null) as Ref<T | null>
  const absent = ref(false)
  const state = ref<'keeping' | 'kept' | 'failed'>('kept')
  const keeper = new Keeper<T>(
    (value) => device.keepDraft(key, value),
    (now) => (state.value = now),
  )
  let over = false
  async function begin(): Promise<void> {
    if (await recorded?.()) await device.dropDraft(key)
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
      if (!over && now !== null && before !== null) keeper.keep(JSON.parse(JSON.stringify(now)) as T)
    },
    { deep: true },
  )
  onScopeDispose(stop)
  async function drop(): Promise<void> {
    over = true
    await keeper.settled()
    await device.dropDraft(key)
  }
  return { draft, absent, state, settled: () => keeper.settled(), drop }
}

/** Whether this device has recorded a subject already. */
export function isRecorded(type: string, id: string): () => Promise<boolean> {
  const { db } = useDevice()
  const same = ({ subject }: { subject: { type: string; id: string } }): boolean =>
    subject.type === type && subject.id === id
  return async () => (await db.submissions.filter(same).count()) > 0
}
