import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/conflicts',
    name: 'conflicts',
    component: () => import('./ConflictsPage.vue'),
    meta: { title: 'conflicts.title', roles: ['supervisor', 'admin'] },
  },
] as RouteRecordRaw[]
