import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/today',
    name: 'today',
    component: () => import('./TodayPage.vue'),
    meta: { title: 'today.title', roles: ['supervisor', 'admin'] },
  },
] as RouteRecordRaw[]
