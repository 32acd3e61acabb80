/** Sync as a person sees it: whether it runs, when it was asked for, and what stood in its way. */
import { readonly, ref } from 'vue'
import { useDevice } from '../device'
import type { SyncReport } from '../sync'
import { AutoSync, browserOccasions } from '../sync/auto_sync'

const running = ref(false)
const report = ref<SyncReport | null>(null)
const online = ref(typeof navigator === 'undefined' || navigator.onLine)
let auto: AutoSync | null = null

async function sync(why: string): Promise<SyncReport> {
  const device = useDevice()
  running.value = true
  try {
    const now = (report.value = await device.sync(why))
    if (now.trouble !== null) return now
    await device.db.meta.put(new Date().toISOString(), 'synced_at')
    void keepPictures()
    return now
  } finally {
    running.value = false
  }
}

/** After a sync, beside whatever comes next. What stands in the way of it stands in no other's: the next sync tries again. */
async function keepPictures(): Promise<void> {
  const { keepWantedPictures } = await import('../pages/recheck/pictures')
  await keepWantedPictures(useDevice(), new Date()).catch(() => {})
}

/** Begins to sync by itself, once this device belongs to somebody; a second call changes nothing. */
export async function keepInStep(): Promise<void> {
  const device = useDevice()
  if (auto !== null || (await device.person()) === null) return
  for (const name of ['online', 'offline']) addEventListener(name, () => (online.value = navigator.onLine))
  auto = new AutoSync(sync, browserOccasions(device))
  auto.start()
}

export function useSyncing() {
  return {
    running: readonly(running),
    report: readonly(report),
    online: readonly(online),
    /** It never throws: what stood in the way is in the report, and everything stays as it was. */
    syncNow: async (): Promise<void> => auto?.run('by-hand'),
  }
}
