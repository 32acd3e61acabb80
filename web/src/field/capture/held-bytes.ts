/** Held bytes as pictures on the screen: small ones made once each, and let go with the component. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Device } from '../sync'

const THUMB_PX = 320

/** A small picture of held bytes: an object URL, or null for what is no picture (or none that this browser reads). */
export function useThumb(device: Device, sha256: () => string, mediaType: () => string): Ref<string | null> {
  const url = ref<string | null>(null)
  watch(
    sha256,
    async (wanted) => {
      forget()
      const made = await thumbOf(device, wanted, mediaType()).catch(() => null)
      if (made === null) return
      if (wanted === sha256()) url.value = made
      else URL.revokeObjectURL(made)
    },
    { immediate: true },
  )
  onScopeDispose(forget)
  function forget(): void {
    if (url.value !== null) URL.revokeObjectURL(url.value)
    url.value = null
  }
  return url
}

async function thumbOf(device: Device, sha256: string, mediaType: string): Promise<string | null> {
  if (!mediaType.startsWith('image/')) return null
  const bytes = await device.db.bytes.get(sha256)
  if (bytes === undefined) return null
  const small = await createImageBitmap(bytes, { resizeWidth: THUMB_PX, resizeQuality: 'medium' })
  const canvas = document.createElement('canvas')
  canvas.width = small.width
  canvas.height = small.height
  canvas.getContext('2d')!.drawImage(small, 0, 0)
  small.close()
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8))
  return blob === null ? null : URL.createObjectURL(blob)
}
