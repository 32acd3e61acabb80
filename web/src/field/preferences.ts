/** What a person chose on this device: how the app looks and when it locks. Nothing of the work is kept here. */
import { reactive, watch } from 'vue'

export type Theme = 'auto' | 'light' | 'night'
export type TextSize = 'normal' | 'large' | 'largest'

export interface Preferences {
  theme: Theme
  textSize: TextSize
  /** Minutes without a touch after which the app locks. */
  lockAfterMinutes: number
  /** The person was asked to put the app on the home screen, and said "later" or did it. */
  askedToInstall: boolean
}

export const DEFAULTS: Preferences = { theme: 'auto', textSize: 'normal', lockAfterMinutes: 5, askedToInstall: false }
const KEY = 'bluegrid.preferences'

/** The choices in a stored text; whatever it lacks, or says in a way that is not known, is as on the first day. */
export function preferencesOf(stored: string | null): Preferences {
  const found: Preferences = { ...DEFAULTS }
  let said: Record<string, unknown> = {}
  try {
    said = (JSON.parse(stored ?? '{}') ?? {}) as Record<string, unknown>
  } catch {
    return found
  }
  if (said.theme === 'light' || said.theme === 'night') found.theme = said.theme
  if (said.textSize === 'large' || said.textSize === 'largest') found.textSize = said.textSize
  if (typeof said.lockAfterMinutes === 'number' && said.lockAfterMinutes > 0)
    found.lockAfterMinutes = said.lockAfterMinutes
  found.askedToInstall = said.askedToInstall === true
  return found
}

let shared: Preferences | undefined

/** The one set of choices of this app; what is changed in it is kept at once. */
export function usePreferences(): Preferences {
  if (shared === undefined) {
    shared = reactive(preferencesOf(localStorage.getItem(KEY)))
    watch(shared, (now) => localStorage.setItem(KEY, JSON.stringify(now)), { flush: 'sync' })
  }
  return shared
}
