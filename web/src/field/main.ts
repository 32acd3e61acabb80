import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { wordsOf } from '@shared/words'
import App from './App.vue'
import { makeRouter } from './router'
import { load } from './words'
import './style.css'

const { i18n } = await wordsOf(load)
createApp(App).use(createPinia()).use(i18n).use(makeRouter()).mount('#app')
