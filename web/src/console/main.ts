import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { wordsOf } from '@shared/words'
import App from './App.vue'
import { keepFocus } from './frame/keptFocus'
import { SPEAK } from './language'
import { makeRouter } from './router'
import { speakBy } from './said'
import { followTheme } from './theme'
import { load } from './words'
import './style.css'

followTheme()
keepFocus()
const { i18n, speak } = await wordsOf(load)
const { t, te, locale } = i18n.global
speakBy({
  t: (key, values) => t(key, values ?? {}),
  problem: (code) => (te(`code.problem.${code}`) ? t(`code.problem.${code}`) : null),
  english: () => locale.value === 'en',
})
createApp(App).use(createPinia()).use(i18n).use(makeRouter()).provide(SPEAK, speak).mount('#app')
