import type { RouteRecordRaw } from 'vue-router'

const roles = ['handler', 'supervisor', 'admin'] as const

export default [
  {
    path: '/papers',
    name: 'papers',
    component: () => import('./PapersPage.vue'),
    meta: { title: 'papers.title', roles },
  },
  {
    path: '/papers/new',
    name: 'new-paper',
    component: () => import('./PaperPage.vue'),
    meta: { title: 'papers.fresh', roles },
  },
  {
    path: '/papers/templates',
    name: 'paper-templates',
    component: () => import('./TemplatesPage.vue'),
    meta: { title: 'papers.templates', roles },
  },
  {
    path: '/papers/:id',
    name: 'paper',
    component: () => import('./PaperPage.vue'),
    meta: { title: 'papers.one', roles },
    props: true,
  },
] as RouteRecordRaw[]
