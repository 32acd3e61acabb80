/** A newer version of the app: shown when it lies ready, taken by the person, and only when nothing is on its way.
 *
 * What is pending stays as it is in any case. But a new version must not be the reason why a record is late, so it waits.
 */
import { readonly, shallowRef } from 'vue'
import { useDevice } from './device'
import { pendingOf, quiet } from './frame/pending'
import { registerWorker } from './sw-registration'

/** What of a worker is needed here. */
export type Waiting = Pick<ServiceWorker, 'postMessage'>

const waiting = shallowRef<Waiting | null>(null)

export function followUpdates(): void {
  registerWorker((worker) => (waiting.value = worker)).catch((error: unknown) => {
    console.error('the service worker could not be registered', error)
  })
}

/** Let the newer version take over, when `isQuiet` says that nothing is under way. False when it has to wait. */
export async function takeOver(worker: Waiting, isQuiet: () => Promise<boolean>): Promise<boolean> {
  if (!(await isQuiet())) return false
  worker.postMessage({ type: 'SKIP_WAITING' })
  return true
}

export function useUpdates() {
  const device = useDevice()

  async function take(): Promise<boolean> {
    if (waiting.value === null) return false
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
    return takeOver(waiting.value, async () => quiet(await pendingOf(device.db)))
  }

  return { waiting: readonly(waiting), take }
}
