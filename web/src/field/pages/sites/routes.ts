import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/sites', name: 'sites', component: () => import('./SitesPage.vue') },
  { path: '/sites/new', name: 'site-new', component: () => import('./NewSitePage.vue') },
  { path: '/sites/:id', name: 'site', component: () => import('./SitePage.vue'), props: true },
  { path: '/scan/:label?', name: 'scan', component: () => import('./ScanPage.vue'), props: true },
] as RouteRecordRaw[]
