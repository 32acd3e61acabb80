/** Putting the app on the home screen. Browsers that can do it by themselves offer it; on an iPhone a person must. */
import { computed, shallowRef } from 'vue'
import { usePreferences } from './preferences'

interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>
}

export type Way = 'offered' | 'by-menu' | 'none'

const offered = shallowRef<InstallPrompt | null>(null)

/** Begins to catch the browser's offer; call it as early as can be. */
export function followInstalling(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offered.value = event as InstallPrompt
  })
  addEventListener('appinstalled', () => (offered.value = null))
}

/** How the app can be put on the home screen; `none` when it is there, or when the browser cannot. */
export function wayToInstall(standalone: boolean, hasOffer: boolean, userAgent: string): Way {
  if (standalone) return 'none'
  if (hasOffer) return 'offered'
  return /iPhone|iPad/.test(userAgent) ? 'by-menu' : 'none'
}

export function useInstalling() {
  const chosen = usePreferences()
  const standalone = matchMedia('(display-mode: standalone)').matches
  const way = computed(() => wayToInstall(standalone, offered.value !== null, navigator.userAgent))

  async function install(): Promise<void> {
    await offered.value?.prompt()
    offered.value = null
    chosen.askedToInstall = true
  }

  return {
    way,
    ask: computed(() => way.value !== 'none' && !chosen.askedToInstall),
    install,
    later: () => (chosen.askedToInstall = true),
  }
}
