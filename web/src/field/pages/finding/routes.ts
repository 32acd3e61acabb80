import type { RouteRecordRaw } from 'vue-router'

/** `/finding/new?site=…` begins a draft; `/finding/:id/write` goes on with it; `/finding/:id` shows a finding. */
export default [
  { path: '/findings', name: 'findings', component: () => import('./ListPage.vue') },
  { path: '/finding/new', name: 'finding-new', component: () => import('./NewPage.vue') },
  { path: '/finding/:id/write', name: 'finding-write', component: () => import('./WritePage.vue'), props: true },
  { path: '/finding/:id/edit', name: 'finding-edit', component: () => import('./EditPage.vue'), props: true },
  { path: '/finding/:id/at-once', name: 'finding-at-once', component: () => import('./AtOncePage.vue'), props: true },
  { path: '/finding/:id', name: 'finding', component: () => import('./FindingPage.vue'), props: true },
] as RouteRecordRaw[]
