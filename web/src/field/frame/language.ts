/** Changing the language from within a page. */
import type { Language } from '@shared/words'
import { inject, type InjectionKey } from 'vue'

export type Speak = (language: Language) => Promise<void>
export const SPEAK: InjectionKey<Speak> = Symbol('speak')

export function useSpeak(): Speak {
  const speak = inject(SPEAK)
  if (speak === undefined) throw new Error('no language was provided')
  return speak
}
