import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/statistics',
    name: 'statistics',
    component: () => import('./StatisticsPage.vue'),
    meta: { title: 'statistics.title', roles: ['supervisor', 'admin', 'handler'] },
  },
  {
    path: '/statistics/hundreds',
    name: 'hundred-sites',
    component: () => import('./HundredSitesPage.vue'),
    meta: { title: 'statistics.hundreds.sites', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/inspections',
    name: 'inspections',
    component: () => import('./InspectionsPage.vue'),
    meta: { title: 'statistics.inspections.title', roles: ['supervisor', 'admin'] },
  },
] as RouteRecordRaw[]
