/** Light or dark: as chosen on this device, else as the computer has it. */
import { ref, watchEffect } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
const CHOSEN = 'bluegrid.theme'

const dark = window.matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(CHOSEN)
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')

/** Keep the page in the theme chosen; called once, before anything is shown. */
export function followTheme(): void {
  const show = (): void => {
    const isDark = theme.value === 'dark' || (theme.value === 'system' && dark.matches)
    document.documentElement.classList.toggle('dark', isDark)
  }
  dark.addEventListener('change', show)
  watchEffect(() => {
    localStorage.setItem(CHOSEN, theme.value)
    show()
  })
}
