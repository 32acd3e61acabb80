import type { RouteRecordRaw } from 'vue-router'

const roles = ['handler', 'supervisor', 'admin'] as const

export default [
  {
    path: '/inbox',
    name: 'inbox',
    component: () => import('./InboxPage.vue'),
    meta: { title: 'inbox.title', roles },
  },
  {
    path: '/inbox/:id',
    name: 'inbox-item',
    component: () => import('./ItemPage.vue'),
    meta: { title: 'inbox.one', roles },
    props: true,
  },
] as RouteRecordRaw[]
