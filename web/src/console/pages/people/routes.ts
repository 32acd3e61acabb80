import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/people',
    name: 'people',
    component: () => import('./PeoplePage.vue'),
    meta: { title: 'people.title', roles: ['admin'] },
  },
  {
    path: '/people/:id',
    name: 'person',
    component: () => import('./PersonPage.vue'),
    meta: { title: 'people.one', roles: ['admin'] },
    props: true,
  },
  {
    path: '/certificates',
    name: 'certificates',
    component: () => import('./CertificatesPage.vue'),
    meta: { title: 'certificates.title', roles: ['supervisor', 'admin'] },
  },
] as RouteRecordRaw[]
