/** Submitting once: what was kept is never said to be lost because something after it failed, nor kept twice. */
import { ref } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { useSyncing } from '../../frame/syncing'
import type { Submission } from '../../sync'

export function useSubmit() {
  const router = useRouter()
  const { syncNow } = useSyncing()
  const sending = ref(false)
  /** It was not kept; everything is still on the page. */
  const fault = ref(false)
  /** It is kept on the device. */
  const sent = ref(false)

  /** Record; then tidy up, begin to sync, and go on to `where`. */
  async function submit(
    record: () => Promise<Submission>,
    where: RouteLocationRaw,
    tidy: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    if (sending.value || sent.value) return
    sending.value = true
    fault.value = false
    try {
      await record()
      sent.value = true
    } catch (error) {
      console.error(error)
      fault.value = true
    } finally {
      sending.value = false
    }
    if (!sent.value) return
    await tidy().catch(console.error)
    void syncNow()
    // A page that cannot be loaded leaves the person where she is, being told that it is kept.
    await router.replace(where).catch(console.error)
  }

  return { sending, fault, sent, submit }
}
