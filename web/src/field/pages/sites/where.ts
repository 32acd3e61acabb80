/** Where the phone is, for lists that put the nearest first. Asked for by the person; a rough position will do. */
import { ref, shallowRef } from 'vue'
import type { Point } from '../../rows'

const here = shallowRef<Point | null>(null)
const state = ref<'unknown' | 'asking' | 'known' | 'refused' | 'failed'>('unknown')

function ask(): void {
  if (!('geolocation' in navigator) || state.value === 'asking') return
  state.value = 'asking'
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      here.value = { lon: coords.longitude, lat: coords.latitude }
      state.value = 'known'
    },
    (error) => (state.value = error.code === error.PERMISSION_DENIED ? 'refused' : 'failed'),
    { maximumAge: 60_000, timeout: 20_000 },
  )
}

/** Uses the position at once where the person has allowed it before. */
async function askIfAllowed(): Promise<void> {
  const permission = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null)
  if (permission?.state === 'granted') ask()
}

export function useWhere() {
  void askIfAllowed()
  return { here, state, ask }
}
