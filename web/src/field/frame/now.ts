/** The present time as something that pages can watch; it moves on every half minute. */
import { onScopeDispose, ref, type Ref } from 'vue'

const STEP_MS = 30_000

export function useNow(): Ref<Date> {
  const now = ref(new Date())
  const ticking = setInterval(() => (now.value = new Date()), STEP_MS)
  onScopeDispose(() => clearInterval(ticking))
  return now
}
