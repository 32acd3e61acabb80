import type { RouteRecordRaw } from 'vue-router'

export default [{ path: '/patrol', name: 'patrol', component: () => import('./PatrolPage.vue') }] as RouteRecordRaw[]
