/** Registers the service worker and says when a newer version of the app lies ready. Nothing is taken here: see updates.ts. */

const ASK_EVERY_MS = 60 * 60_000

/** Calls `ready` whenever a newer version waits. Without service workers the app runs all the same, online. */
export async function registerWorker(ready: (registration: ServiceWorkerRegistration) => void): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const base = import.meta.env.BASE_URL
  const registration = await navigator.serviceWorker.register(`${base}sw.js`, { scope: base, updateViaCache: 'none' })
  const tell = (worker: ServiceWorker | null): void => {
    // The first worker of all has nobody before it: it is no newer version.
    if (worker?.state === 'installed' && navigator.serviceWorker.controller) ready(registration)
  }
  tell(registration.waiting)
  const follow = (worker: ServiceWorker | null): void => worker?.addEventListener('statechange', () => tell(worker))
  follow(registration.installing)
  registration.addEventListener('updatefound', () => follow(registration.installing))
  let asked = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_EVERY_MS) return
    asked = Date.now()
    registration.update().catch(() => undefined)
  })
}
