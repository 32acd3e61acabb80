import type { RouteRecordRaw } from 'vue-router'

export default [{ path: '/settings/lock', name: 'lock', component: () => import('./LockPage.vue') }] as RouteRecordRaw[]
