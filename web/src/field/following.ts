/** What goes on whichever page is open: a patrol under way, tracks after their patrols, and cells for where no network is. */
import { liveQuery } from 'dexie'
import { useDevice } from './device'
import { KEPT, keepAgain, type Name } from './kept'
import { sendTracks } from './pages/patrol/send-tracks'
import { patrolUnderWay } from './pages/patrol/store'

const ASK_AGAIN_MS = 6 * 3600_000

/** Begins to; call it once. The geography of a patrol is loaded only when there is one. */
export async function followAlong(): Promise<void> {
  const device = useDevice()
  let asked = -Infinity
  liveQuery(() => device.db.known('synced_at')).subscribe((synced) => {
    if (synced === undefined) return
    void sendTracks(device)
    if (Date.now() - asked < ASK_AGAIN_MS) return
    asked = Date.now()
    for (const name of Object.keys(KEPT) as Name[]) void keepAgain(device, name)
  })
  if ((await patrolUnderWay(device)) !== undefined) {
    const { useWalking } = await import('./pages/patrol/walking')
    await useWalking().resume()
  }
}
