import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/fires',
    name: 'fires',
    component: () => import('./FiresPage.vue'),
    meta: { title: 'fires.title', roles: ['supervisor', 'admin', 'inspector'] },
  },
  {
    path: '/fires/:id',
    name: 'fire',
    component: () => import('./FirePage.vue'),
    meta: { title: 'fires.one', roles: ['supervisor', 'admin', 'inspector'] },
    props: true,
  },
] as RouteRecordRaw[]
