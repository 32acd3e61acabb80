import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/supervision',
    name: 'supervision',
    component: () => import('./SupervisionPage.vue'),
    meta: { title: 'supervision.title', roles: ['supervisor', 'admin'] },
  },
] as RouteRecordRaw[]
