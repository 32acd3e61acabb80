/** How safe what is kept here is: whether the browser may throw it away, and how full it is. */

export interface StorageState {
  /** True when the browser promised not to clear it by itself; null when it does not say. */
  persisted: boolean | null
  used: number | null
  quota: number | null
}

export type Warning = 'not-persistent' | 'nearly-full' | 'full'

const NEARLY = 0.8
const FULL = 0.95
/** A photo or two: with less than that left, the next one may not fit. */
const LITTLE_BYTES = 60 * 1024 * 1024

/** What the person has to know, the worst first. */
export function warningsOf({ persisted, used, quota }: StorageState): Warning[] {
  const found: Warning[] = []
  if (used !== null && quota !== null && quota > 0) {
    const left = quota - used
    if (used / quota >= FULL || left < LITTLE_BYTES / 4) found.push('full')
    else if (used / quota >= NEARLY || left < LITTLE_BYTES) found.push('nearly-full')
  }
  if (persisted === false) found.push('not-persistent')
  return found
}

export async function storageState(): Promise<StorageState> {
  const { storage } = navigator
  const estimate = await storage?.estimate?.().catch(() => null)
  return {
    persisted: (await storage?.persisted?.().catch(() => null)) ?? null,
    used: estimate?.usage ?? null,
    quota: estimate?.quota ?? null,
  }
}
