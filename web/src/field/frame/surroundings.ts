/** Where the app was opened, and whether it can work there: inside WeChat, without HTTPS, or in an old browser. */

export interface Surroundings {
  userAgent: string
  secure: boolean
  /** Names of what the app cannot do without, and whether the browser has it. */
  has: Record<string, boolean>
}

export type Obstacle = 'wechat' | 'not-secure' | 'browser-too-old' | 'no-storage'

/** What stands in the way, the first thing first; null when nothing does.
 *
 * WeChat comes first: its browser throws stored data away, so that work kept there would be lost.
 */
export function obstacle(here: Surroundings): Obstacle | null {
  if (/MicroMessenger/i.test(here.userAgent)) return 'wechat'
  if (!here.secure) return 'not-secure'
  return Object.values(here.has).every(Boolean) ? null : 'browser-too-old'
}

/** Whether the device's storage opens at all: it does not in some private windows, or on a full phone. */
export async function storageObstacle(read: () => Promise<unknown>): Promise<Obstacle | null> {
  return read().then(
    () => null,
    () => 'no-storage',
  )
}

export function surroundings(): Surroundings {
  return {
    userAgent: navigator.userAgent,
    secure: window.isSecureContext,
    has: {
      indexedDB: 'indexedDB' in window,
      subtle: globalThis.crypto?.subtle !== undefined,
      locks: 'locks' in navigator,
      serviceWorker: 'serviceWorker' in navigator,
      streams: typeof CompressionStream !== 'undefined',
    },
  }
}

/** What the device calls itself, to propose a name: Android, iPhone, iPad, Windows, Mac, Linux or "". */
export function platformOf(userAgent: string): string {
  const known = ['iPhone', 'iPad', 'Android', 'Windows', 'Macintosh', 'Linux'].find((name) => userAgent.includes(name))
  return known === 'Macintosh' ? 'Mac' : (known ?? '')
}
