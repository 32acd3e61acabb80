import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { wordsOf } from '@shared/words'
import App from './App.vue'
import { SPEAK } from './language'
import { makeRouter } from './router'
import { followTheme } from './theme'
import { load } from './words'
import './style.css'

followTheme()
const { i18n, speak } = await wordsOf(load)
createApp(App).use(createPinia()).use(i18n).use(makeRouter()).provide(SPEAK, speak).mount('#app')
