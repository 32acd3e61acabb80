/** The pages of the console: each `pages/<area>/routes.ts` lists its own. Who is not signed in is led to the sign-in.
 *
 * A route says by its `meta` whom it is for: `roles`, or `open` (without a sign-in, and outside the frame); and by
 * `title`, a key of the words, what stands in the window's title.
 */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { menuOf, type MenuEntry } from './menu'
import { useSession, type Role } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    roles?: readonly Role[]
    open?: boolean
  }
}

const areas = import.meta.glob<RouteRecordRaw[]>('./pages/*/routes.ts', { eager: true, import: 'default' })
const menus = import.meta.glob<MenuEntry[]>('./pages/*/menu.ts', { eager: true, import: 'default' })

export const entries: readonly MenuEntry[] = Object.values(menus).flat()

/** Where a role begins: at the first entry of its menu. */
export function firstPage(role: Role): { name: string } {
  return { name: menuOf(entries, role)[0]?.[0]?.name ?? 'account' }
}

export function makeRouter() {
  const router = createRouter({
    history: createWebHistory(import.meta.env.BASE_URL),
    routes: Object.values(areas).flat(),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.beforeEach(async (to) => {
    const session = useSession()
    if (to.meta.open) return true
    if (session.user === null && !(await session.load().catch(() => false))) return signInFor(to)
    const user = session.user
    if (user === null || session.owes !== null) return signInFor(to)
    if (to.name === 'home') return { ...firstPage(user.role), replace: true }
    if (to.meta.roles && !to.meta.roles.includes(user.role)) return { name: 'not-yours', query: { of: to.fullPath } }
    return true
  })
  return router
}

function signInFor(to: RouteLocationNormalized) {
  return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
}
