import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/periods',
    name: 'periods',
    component: () => import('./PeriodsPage.vue'),
    meta: { title: 'periods.title', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/periods/:id',
    name: 'period',
    component: () => import('./PeriodPage.vue'),
    meta: { title: 'periods.one', roles: ['supervisor', 'admin'] },
    props: true,
  },
  {
    path: '/county-tables',
    name: 'county-tables',
    component: () => import('./CountyTablesPage.vue'),
    meta: { title: 'counties.title', roles: ['handler', 'admin'] },
  },
] as RouteRecordRaw[]
