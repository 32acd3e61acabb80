/** The words of a language, for vue-i18n: an app's own JSON files, and the server's catalogue under `code`.
 *
 * Words are files: `words/<page>.zh-CN.json` and `words/<page>.en.json` hold {"<page>": {…}}. A test compares the two.
 */
import { createI18n } from 'vue-i18n'

export type Language = 'zh-CN' | 'en'
export type Words = { [key: string]: string | Words }
export type Loader = (language: Language) => Promise<Words>

const CHOSEN = 'bluegrid.language'

/** Several files' words as one tree. */
export function merged(files: Record<string, Words>): Words {
  return Object.assign({}, ...Object.values(files))
}

/** What the person chose on this device; otherwise Chinese, unless the browser speaks another language only. */
export function chosenLanguage(stored = localStorage.getItem(CHOSEN), spoken = navigator.languages): Language {
  if (stored === 'zh-CN' || stored === 'en') return stored
  return spoken.length > 0 && !spoken.some((tag) => tag.startsWith('zh')) ? 'en' : 'zh-CN'
}

/** The i18n plugin with the words of `language` in it, and a function that changes the language. */
export async function wordsOf(load: Loader, language: Language = chosenLanguage()) {
  const i18n = createI18n({
    legacy: false,
    locale: language,
    fallbackLocale: 'zh-CN',
    messages: {},
    warnHtmlMessage: false,
  })
  async function speak(wanted: Language): Promise<void> {
    if (!i18n.global.availableLocales.includes(wanted)) i18n.global.setLocaleMessage(wanted, await load(wanted))
    i18n.global.locale.value = wanted
    localStorage.setItem(CHOSEN, wanted)
    document.documentElement.lang = wanted
  }
  await speak(language)
  return { i18n, speak }
}
