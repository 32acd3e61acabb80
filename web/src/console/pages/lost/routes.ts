import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/not-yours',
    name: 'not-yours',
    component: () => import('./NotYours.vue'),
    meta: { title: 'frame.notYours' },
  },
  {
    path: '/:rest(.*)*',
    name: 'not-found',
    component: () => import('./NotFound.vue'),
    meta: { title: 'frame.notFound' },
  },
] as RouteRecordRaw[]
