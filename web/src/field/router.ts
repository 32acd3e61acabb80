/** The pages of the app: each `pages/<area>/routes.ts` lists its own. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

const areas = import.meta.glob<RouteRecordRaw[]>('./pages/*/routes.ts', { eager: true, import: 'default' })

export function makeRouter() {
  return createRouter({
    history: createWebHistory(import.meta.env.BASE_URL),
    routes: Object.values(areas).flat(),
  })
}
