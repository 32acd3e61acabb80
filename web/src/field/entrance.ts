/** Who gets in where: links from QR codes, devices without a person, and the focus of each new page. */
import type { RouteLocationNormalized, RouteLocationRaw, Router } from 'vue-router'
import { fragment } from './pages/enrol/invitation'

/** Where a page's address leads instead; true to go on. `meta.open` pages need no enrolment.
 *
 * The codes of our QR links stand after `#`, so that no server logs them; they stay there.
 */
export function wayIn(to: RouteLocationNormalized, enrolled: boolean): true | RouteLocationRaw {
  const link = to.path === '/' ? fragment(to.hash) : null
  if (link?.kind === 'invitation') return { path: '/enrol', hash: to.hash, replace: true }
  if (!enrolled && !to.meta.open) return { path: '/enrol', replace: true }
  if (link?.kind === 'site') return { path: `/scan/${link.label}`, replace: true }
  return true
}

const RELOADED = 'bluegrid.reloaded-for'

/** True when a page's script is not there any more: another tab let a newer version of the app take over. */
export function isLostScript(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|importing a module script/i.test(error.message)
}

export function guard(router: Router, isEnrolled: () => Promise<boolean>): void {
  router.beforeEach(async (to) => wayIn(to, to.meta.open === true || (await isEnrolled())))
  router.onError((error, to) => {
    console.error(error)
    // Loaded anew once, which brings the newer version; a second time would only go round in circles.
    if (!isLostScript(error) || sessionStorage.getItem(RELOADED) === to.fullPath) return
    sessionStorage.setItem(RELOADED, to.fullPath)
    location.assign(router.resolve(to.fullPath).href)
  })
  router.afterEach((to, from, failure) => {
    if (failure === undefined) sessionStorage.removeItem(RELOADED)
    if (failure !== undefined || to.path === from.path) return
    // A page begins at its top, and whoever hears the screen hears its name.
    setTimeout(() => {
      const heading = document.querySelector('h1')
      heading?.setAttribute('tabindex', '-1')
      heading?.focus({ preventScroll: true })
    })
    window.scrollTo(0, 0)
  })
}
