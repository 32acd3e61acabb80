import type { RouteRecordRaw } from 'vue-router'

const OFFICE = ['supervisor', 'admin'] as const

export default [
  {
    path: '/tasks',
    name: 'tasks',
    component: () => import('./TasksPage.vue'),
    meta: { title: 'tasks.title', roles: OFFICE },
  },
  {
    path: '/tasks/rules',
    name: 'task-rules',
    component: () => import('./TaskRulesPage.vue'),
    meta: { title: 'tasks.rules.title', roles: OFFICE },
  },
  {
    path: '/tasks/draws',
    name: 'draws',
    component: () => import('./DrawsPage.vue'),
    meta: { title: 'tasks.draws.title', roles: ['admin'] },
  },
] as RouteRecordRaw[]
