/** Sync as a person sees it: whether it runs, when it was asked for, and what stood in its way. */
import { liveQuery } from 'dexie'
import { readonly, ref } from 'vue'
import { useDevice } from '../device'
import type { SyncReport } from '../sync'
import { nextTryMs } from './rhythm'

const running = ref(false)
const report = ref<SyncReport | null>(null)
const online = ref(typeof navigator === 'undefined' || navigator.onLine)
let failures = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Sync now. It never throws: what stood in the way is in the report, and everything stays as it was. */
async function syncNow(why: string): Promise<void> {
  if (running.value) return
  clearTimeout(timer)
  const device = useDevice()
  if ((await device.person()) === null) return
  running.value = true
  try {
    report.value = await device.sync(why)
    failures = report.value.trouble === null ? 0 : failures + 1
    if (failures === 0) await device.db.meta.put(new Date().toISOString(), 'synced_at')
  } finally {
    running.value = false
    timer = setTimeout(() => void byItself('again'), nextTryMs(report.value?.trouble ?? null, failures, Math.random()))
  }
}

async function byItself(why: string): Promise<void> {
  if (online.value && document.visibilityState === 'visible') await syncNow(why)
}

/** Begins to sync by itself; call it once. */
export function keepInStep(): void {
  const network = (): void => {
    online.value = navigator.onLine
    if (online.value) void byItself('online')
  }
  for (const name of ['online', 'offline']) addEventListener(name, network)
  document.addEventListener('visibilitychange', () => void byItself('foreground'))
  let before = 0
  liveQuery(() => useDevice().db.outbox.count()).subscribe((count) => {
    // Something was recorded. A failure before it keeps its own pace.
    if (count > before && failures === 0) void byItself('recorded')
    before = count
  })
  void byItself('start')
}

export function useSyncing() {
  return { running: readonly(running), report: readonly(report), online: readonly(online), syncNow }
}
