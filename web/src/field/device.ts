/** The app's one device, and a view of its database that keeps itself up to date. */
import { liveQuery } from 'dexie'
import { getCurrentScope, onScopeDispose, shallowRef, type Ref } from 'vue'
import { Device } from './sync'

let device: Device | null = null

/** The one device of this app. */
export function useDevice(): Device {
  device ??= new Device()
  return device
}

/** What a query of the device's database gives, again whenever that changes; until then `initial`. */
export function useLive<T>(query: () => Promise<T>, initial: T): Ref<T> {
  const seen = shallowRef(initial)
  const watching = liveQuery(query).subscribe({
    next: (value) => (seen.value = value),
    error: (error: unknown) => console.error('a live query failed', error),
  })
  if (getCurrentScope()) onScopeDispose(() => watching.unsubscribe())
  return seen
}
