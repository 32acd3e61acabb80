/** What goes on about patrols whichever page is open: one under way is taken up again, and tracks go after their patrols. */
import { liveQuery } from 'dexie'
import { useDevice } from './device'
import { sendTracks } from './pages/patrol/send-tracks'
import { patrolUnderWay } from './pages/patrol/store'

/** Begins to; call it once. The geography of a patrol is loaded only when there is one. */
export async function followPatrol(): Promise<void> {
  const device = useDevice()
  liveQuery(() => device.db.known('synced_at')).subscribe(() => void sendTracks(device))
  if ((await patrolUnderWay(device)) !== undefined) {
    const { useWalking } = await import('./pages/patrol/walking')
    await useWalking().resume()
  }
}
