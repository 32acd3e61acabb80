import type { RouteRecordRaw } from 'vue-router'

const ADMIN = ['admin'] as const
const OFFICE = ['supervisor', 'admin'] as const

export default [
  {
    path: '/grid',
    name: 'grid',
    component: () => import('./GridPage.vue'),
    meta: { title: 'admin.grid.title', roles: ADMIN },
  },
  {
    path: '/sites',
    name: 'sites',
    component: () => import('./SitesPage.vue'),
    meta: { title: 'admin.sites.title', roles: OFFICE },
  },
  {
    path: '/sites/labels',
    name: 'site-labels',
    component: () => import('./LabelsPage.vue'),
    meta: { title: 'admin.labels.title', roles: OFFICE },
  },
  {
    path: '/imports',
    name: 'imports',
    component: () => import('./ImportsPage.vue'),
    meta: { title: 'admin.imports.title', roles: OFFICE },
  },
  {
    path: '/checklists',
    name: 'checklists',
    component: () => import('./ChecklistsPage.vue'),
    meta: { title: 'admin.checklists.title', roles: OFFICE },
  },
  {
    path: '/rules',
    name: 'rules',
    component: () => import('./RulesPage.vue'),
    meta: { title: 'admin.rules.title', roles: ADMIN },
  },
  {
    path: '/hooks',
    name: 'hooks',
    component: () => import('./HooksPage.vue'),
    meta: { title: 'admin.hooks.title', roles: ADMIN },
  },
  {
    path: '/running',
    name: 'running',
    component: () => import('./RunningPage.vue'),
    meta: { title: 'admin.running.title', roles: ADMIN },
  },
] as RouteRecordRaw[]
