import type { RouteRecordRaw } from 'vue-router'

/** `/inspection/new?site=…&task=…&checklist=…` begins one; a draft and a recorded inspection are shown by their id. */
export default [
  { path: '/inspections', name: 'inspections', component: () => import('./ListPage.vue') },
  { path: '/inspection/new', name: 'inspection-new', component: () => import('./StartPage.vue') },
  { path: '/inspection/:id/run', name: 'inspection-run', component: () => import('./RunPage.vue'), props: true },
  {
    path: '/inspection/:id/papers',
    name: 'inspection-papers',
    component: () => import('./PapersPage.vue'),
    props: true,
  },
  {
    path: '/inspection/:id/review',
    name: 'inspection-review',
    component: () => import('./ReviewPage.vue'),
    props: true,
  },
  { path: '/inspection/:id', name: 'inspection', component: () => import('./InspectionPage.vue'), props: true },
] as RouteRecordRaw[]
