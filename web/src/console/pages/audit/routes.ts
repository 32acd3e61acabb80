import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/audit',
    name: 'audit',
    component: () => import('./AuditPage.vue'),
    meta: { title: 'audit.title', roles: ['admin'] },
  },
] as RouteRecordRaw[]
