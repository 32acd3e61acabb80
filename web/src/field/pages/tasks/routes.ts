import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/tasks', name: 'tasks', component: () => import('./TasksPage.vue') },
  { path: '/tasks/:id', name: 'task', component: () => import('./TaskPage.vue'), props: true },
  { path: '/campaigns/:id', name: 'campaign', component: () => import('./CampaignPage.vue'), props: true },
] as RouteRecordRaw[]
