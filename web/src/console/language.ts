/** The language spoken, and Element Plus's own words in it. */
import type { Language as ElementWords } from 'element-plus/es/locale/index.mjs'
import { inject, type InjectionKey } from 'vue'
import type { Language } from '@shared/words'

export type Speak = (language: Language) => Promise<void>
export const SPEAK: InjectionKey<Speak> = Symbol('speak')

export function useSpeak(): Speak {
  const speak = inject(SPEAK)
  if (!speak) throw new Error('The app gives no languages.')
  return speak
}

export async function elementWords(language: Language): Promise<ElementWords> {
  const found =
    language === 'en'
      ? await import('element-plus/es/locale/lang/en.mjs')
      : await import('element-plus/es/locale/lang/zh-cn.mjs')
  return found.default
}
