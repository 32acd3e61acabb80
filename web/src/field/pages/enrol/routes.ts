import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/enrol', name: 'enrol', component: () => import('./EnrolPage.vue'), meta: { open: true, bare: true } },
] as RouteRecordRaw[]
