import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/fire', name: 'fires', component: () => import('./FireList.vue') },
  { path: '/fire/:id', name: 'fire', component: () => import('./FirePage.vue'), props: true },
] as RouteRecordRaw[]
