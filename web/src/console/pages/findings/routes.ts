import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/findings',
    name: 'findings',
    component: () => import('./FindingsPage.vue'),
    meta: { title: 'findings.title' },
  },
  {
    path: '/findings/:id',
    name: 'finding',
    component: () => import('./FindingPage.vue'),
    meta: { title: 'findings.one' },
    props: true,
  },
] as RouteRecordRaw[]
