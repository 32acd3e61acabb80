import type { RouteRecordRaw } from 'vue-router'

/** `/recheck` lists what is to be looked at again; `/recheck/:id` is a finding's, of a task or not. */
export default [
  { path: '/recheck', name: 'rechecks', component: () => import('./ListPage.vue') },
  { path: '/recheck/:id', name: 'recheck', component: () => import('./RecheckPage.vue'), props: true },
] as RouteRecordRaw[]
