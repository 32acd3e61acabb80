import type { RouteRecordRaw } from 'vue-router'

/** The console begins at the first entry of one's menu; the router leads there (`firstPage`). */
export default [{ path: '/', name: 'home', component: () => import('../lost/NotFound.vue') }] as RouteRecordRaw[]
