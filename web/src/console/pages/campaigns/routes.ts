import type { RouteRecordRaw } from 'vue-router'

const OFFICE = ['supervisor', 'admin'] as const

export default [
  {
    path: '/campaigns',
    name: 'campaigns',
    component: () => import('./CampaignsPage.vue'),
    meta: { title: 'campaigns.title', roles: OFFICE },
  },
  {
    path: '/campaigns/:id',
    name: 'campaign',
    component: () => import('./CampaignPage.vue'),
    props: true,
    meta: { title: 'campaigns.one', roles: OFFICE },
  },
] as RouteRecordRaw[]
