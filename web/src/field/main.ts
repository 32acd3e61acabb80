import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { wordsOf } from '@shared/words'
import App from './App.vue'
import { useDevice } from './device'
import { guard } from './entrance'
import { SPEAK } from './frame/language'
import { obstacle, storageObstacle, surroundings } from './frame/surroundings'
import { keepInStep } from './frame/syncing'
import { followInstalling } from './installing'
import { followAlong } from './following'
import { makeRouter } from './router'
import { followUpdates } from './updates'
import { load } from './words'
import './style.css'

followInstalling()
const { i18n, speak } = await wordsOf(load)
const router = makeRouter()
// Where the app cannot work it says so, and touches neither keys nor storage.
const inTheWay = obstacle(surroundings()) ?? (await storageObstacle(() => useDevice().person()))
if (inTheWay === null) guard(router, async () => (await useDevice().person()) !== null)
createApp(App, { inTheWay }).use(createPinia()).use(i18n).use(router).provide(SPEAK, speak).mount('#app')
if (inTheWay === null) {
  void keepInStep()
  void followAlong()
  followUpdates()
}
