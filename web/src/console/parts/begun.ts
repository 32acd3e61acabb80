/** What somebody has begun to write, kept in this browser until it is sent: over a reload and an ended sign-in.
 *
 * Each person has her own: who signs in after her sees nothing of it. What was not touched for a month is dropped.
 */
import { effectScope, reactive, watch } from 'vue'
import { useSession } from '../session'

const OURS = 'bluegrid.begun.'
export const KEPT_MS = 30 * 86_400_000

interface Stored {
  at: number
  value: object
}

/** Outlives the pages that write: what is being sent may be dropped after its page was left. */
const scope = effectScope(true)
let swept = false

/** The begun things of a kind, by the id of what they are about; sent is what is `blank` again.
 *
 * `revived` makes of what JSON gives back what it was.
 */
export function begunOf<Thing extends object>(
  kind: string,
  blank: () => Thing,
  revived: (stored: Thing) => Thing = (stored) => stored,
): (id: string) => Thing {
  const all = new Map<string, Thing>()

  function begin(key: string): Thing {
    const thing = reactive(revived({ ...blank(), ...read(key).value })) as Thing
    scope.run(() => watch(thing, () => write(key, thing, blank()), { deep: true, flush: 'sync' }))
    all.set(key, thing)
    return thing
  }

  return (id) => {
    if (!swept) sweep(Date.now())
    const key = `${OURS}${useSession().user?.id ?? ''}.${kind}.${id}`
    return all.get(key) ?? begin(key)
  }
}

function read(key: string): Partial<Stored> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Stored>
  } catch {
    return {} // a browser that keeps nothing, or what another version left
  }
}

function write(key: string, thing: object, blank: object): void {
  try {
    const empty = JSON.stringify(thing) === JSON.stringify(blank)
    if (empty) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), value: thing } satisfies Stored))
  } catch {
    // The browser keeps nothing, or no more: it stays as long as the page is open.
  }
}

/** Drop what nobody has touched for long, whoever it is of. */
export function sweep(now: number): void {
  swept = true
  try {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith(OURS))) {
      if (now - (read(key).at ?? 0) >= KEPT_MS) localStorage.removeItem(key)
    }
  } catch {
    // The browser keeps nothing.
  }
}
