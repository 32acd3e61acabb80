/** What lies below the layers of this installation's maps, as it was kept last, and the header that opens its file. */
import type { MapSettings } from '@shared/map/style'
import { onMounted, shallowRef, type Ref } from 'vue'
import { authorisation } from '../../asked'
import { useDevice } from '../../device'
import { kept, keepAgain } from '../../kept'

export function useMapSettings(): { settings: Ref<MapSettings | null>; headers: Ref<Record<string, string>> } {
  const device = useDevice()
  const settings = shallowRef<MapSettings | null>(null)
  const headers = shallowRef<Record<string, string>>({})
  async function read(): Promise<void> {
    headers.value = await authorisation(device)
    settings.value = (await kept<MapSettings>(device, 'map-settings')) ?? null
  }
  onMounted(async () => {
    await read()
    if (await keepAgain(device, 'map-settings')) await read()
  })
  return { settings, headers }
}
