import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/feed', name: 'feed', component: () => import('./FeedPage.vue'), meta: { title: 'feed.title' } },
] as RouteRecordRaw[]
