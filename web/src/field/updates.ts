/** A newer version of the app: shown when it lies ready, taken by the person, and only while the outbox is quiet.
 *
 * What is pending stays as it is in any case. But a new version must not be the reason why a record is late, so it waits.
 */
import { readonly, ref, shallowRef } from 'vue'
import { useDevice } from './device'
import { takeUpdate, type WaitsFor } from './sync'
import { registerWorker } from './sw-registration'

const waiting = shallowRef<ServiceWorkerRegistration | null>(null)
const waitsFor = ref<WaitsFor | null>(null)

export function followUpdates(): void {
  registerWorker((registration) => (waiting.value = registration)).catch((error: unknown) => {
    console.error('the service worker could not be registered', error)
  })
}

/** Let the newer version take over; what it has to wait for is said in `waitsFor`. */
async function take(): Promise<void> {
  if (waiting.value === null) return
  const reload = (): void => location.reload()
  navigator.serviceWorker.addEventListener('controllerchange', reload, { once: true })
  waitsFor.value = await takeUpdate(useDevice().db, waiting.value)
  if (waitsFor.value !== null) navigator.serviceWorker.removeEventListener('controllerchange', reload)
}

export function useUpdates() {
  return { waiting: readonly(waiting), waitsFor: readonly(waitsFor), take }
}
