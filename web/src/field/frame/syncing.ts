/** Sync as a person sees it: whether it runs, when it was asked for, and what stood in its way. */
import { readonly, ref } from 'vue'
import { useDevice } from '../device'
import type { Trouble } from '../sync'

const running = ref(false)
const trouble = ref<Trouble | null>(null)
const waitingForWifi = ref(0)
const online = ref(typeof navigator === 'undefined' || navigator.onLine)

/** Begins to follow the network; call it once. */
export function followNetwork(): void {
  for (const name of ['online', 'offline']) addEventListener(name, () => (online.value = navigator.onLine))
}

export function useSyncing() {
  const device = useDevice()

  /** Sync now. It never throws: what stood in the way is in `trouble`, and everything stays as it was. */
  async function syncNow(why = 'by-hand'): Promise<void> {
    if (running.value) return
    running.value = true
    try {
      const report = await device.sync(why)
      trouble.value = report.trouble
      waitingForWifi.value = report.waitingForWifi
    } finally {
      running.value = false
    }
  }

  return {
    running: readonly(running),
    trouble: readonly(trouble),
    waitingForWifi: readonly(waitingForWifi),
    online: readonly(online),
    syncNow,
  }
}
