/** The first of some photos that can be shown, as an object URL: from this device, or from the server. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useDevice, useLive } from '../../device'
import { pictureOf } from './online'

export interface UsedPicture {
  url: Ref<string | null>
  /** There are photos, and none of them can be shown now. */
  lacking: Ref<boolean>
}

export function usePicture(photos: () => readonly { sha256: string }[], size = 800): UsedPicture {
  const device = useDevice()
  const url = ref<string | null>(null)
  const lacking = ref(false)
  let asked = 0
  function forget(): void {
    if (url.value !== null) URL.revokeObjectURL(url.value)
    url.value = null
  }
  async function look(find: (sha256: string) => Promise<Blob | null>): Promise<void> {
    const mine = ++asked
    const list = photos()
    let bytes: Blob | null = null
    for (const { sha256 } of list) if ((bytes = await find(sha256)) !== null) break
    if (mine !== asked) return
    forget()
    if (bytes !== null) url.value = URL.createObjectURL(bytes)
    lacking.value = bytes === null && list.length > 0
  }
  const ask = (): Promise<void> => look((sha256) => pictureOf(device, sha256, size))
  const names = computed(() => photos().map(({ sha256 }) => sha256))
  watch(() => names.value.join(), ask, { immediate: true })
  // It may come while the page is open: with the network, or with those that a sync keeps.
  const again = (): void => void (lacking.value && ask())
  addEventListener('online', again)
  const kept = useLive(() => device.db.pictures.count(), 0)
  watch(kept, () => lacking.value && look((sha256) => device.picture(sha256)))
  onScopeDispose(() => {
    removeEventListener('online', again)
    asked += 1
    forget()
  })
  return { url, lacking }
}
