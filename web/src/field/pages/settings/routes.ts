import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/settings', name: 'settings', component: () => import('./SettingsPage.vue') },
  { path: '/settings/export', name: 'export', component: () => import('./ExportPage.vue') },
] as RouteRecordRaw[]
