import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/outbox', name: 'outbox', component: () => import('./OutboxPage.vue') },
  { path: '/outbox/:id', name: 'submission', component: () => import('./SubmissionPage.vue'), props: true },
] as RouteRecordRaw[]
