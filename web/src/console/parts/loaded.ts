/** Something that a part of a page reads: what came, whether it is on its way, and what went wrong.
 *
 * An answer that comes after a later question is thrown away; what was there stays until the new is there.
 */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export interface Loaded<T> {
  data: ShallowRef<T | null>
  busy: Ref<boolean>
  error: ShallowRef<unknown>
  load: () => Promise<void>
}

export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0

  async function load(): Promise<void> {
    const mine = ++latest
    busy.value = true
    error.value = null
    try {
      const found = await read()
      if (mine === latest) data.value = found
    } catch (problem) {
      if (mine === latest) error.value = problem
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  return { data, busy, error, load }
}
