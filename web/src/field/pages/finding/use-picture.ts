/** One photo as an object URL, from the bytes here or the server; null while there is none. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { useDevice } from '../../device'
import { pictureOf } from './online'

export function usePicture(sha256: () => string | null | undefined, size = 1200): Ref<string | null> {
  const device = useDevice()
  const url = ref<string | null>(null)
  function forget(): void {
    if (url.value !== null) URL.revokeObjectURL(url.value)
    url.value = null
  }
  watch(
    sha256,
    async (wanted) => {
      forget()
      const bytes = wanted ? await pictureOf(device, wanted, size) : null
      if (bytes !== null && wanted === sha256()) url.value = URL.createObjectURL(bytes)
    },
    { immediate: true },
  )
  onScopeDispose(forget)
  return url
}
