/** Theme and size of the text, said on <html>: style.css does the rest. */
import { ref, watchEffect, type Ref } from 'vue'
import { usePreferences, type TextSize, type Theme } from './preferences'

/** What a choice means now; "auto" follows the device, which turns dark at night by itself. */
export function shownTheme(chosen: Theme, deviceIsDark: boolean): 'light' | 'night' {
  if (chosen === 'auto') return deviceIsDark ? 'night' : 'light'
  return chosen
}

/** The root's size in per cent of the browser's own, which the person may have enlarged already. */
export const TEXT_PERCENT: Record<TextSize, number> = { normal: 100, large: 115, largest: 130 }

const BAR = { light: '#1456a0', night: '#10161c' }

let theme: Ref<'light' | 'night'> | undefined

/** The theme that is shown; the first call begins to follow the device and the choices. */
export function useShownTheme(): Ref<'light' | 'night'> {
  if (theme !== undefined) return theme
  const chosen = usePreferences()
  const asked = matchMedia('(prefers-color-scheme: dark)')
  const deviceIsDark = ref(asked.matches)
  asked.addEventListener('change', (event) => (deviceIsDark.value = event.matches))
  const shown = (theme = ref<'light' | 'night'>('light'))
  watchEffect(() => {
    shown.value = shownTheme(chosen.theme, deviceIsDark.value)
    const root = document.documentElement
    root.dataset.theme = shown.value
    root.classList.toggle('van-theme-dark', shown.value === 'night')
    root.style.fontSize = `${TEXT_PERCENT[chosen.textSize]}%`
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', BAR[shown.value])
  })
  return shown
}
