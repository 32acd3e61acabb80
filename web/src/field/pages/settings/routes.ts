import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/settings', name: 'settings', component: () => import('./SettingsPage.vue') },
] as RouteRecordRaw[]
