import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { wordsOf } from '@shared/words'
import App from './App.vue'
import { useDevice } from './device'
import { guard } from './entrance'
import { SPEAK } from './frame/language'
import { keepInStep } from './frame/syncing'
import { followInstalling } from './installing'
import { followPatrol } from './patrolling'
import { makeRouter } from './router'
import { followUpdates } from './updates'
import { load } from './words'
import './style.css'

followInstalling()
const { i18n, speak } = await wordsOf(load)
const router = makeRouter()
guard(router, async () => (await useDevice().person()) !== null)
createApp(App).use(createPinia()).use(i18n).use(router).provide(SPEAK, speak).mount('#app')
void keepInStep()
void followPatrol()
followUpdates()
