/** Whose device this is. */
import { useDevice, useLive } from '../device'
import type { ServerKnown } from '../sync/database'

export interface Me {
  id: string
  /** The name that colleagues read. */
  name: string
  account: string
  role: string
  grants: string[]
}

/** Null before enrolment; undefined while the database has not answered yet. */
export function useMe() {
  const device = useDevice()
  return useLive<Me | null | undefined>(async () => meOf(await device.db.known('server')), undefined)
}

export function meOf(server: ServerKnown | undefined): Me | null {
  if (server === undefined) return null
  const { id, name, display_name: shown, role, grants } = server.user as ServerKnown['user'] & Record<string, unknown>
  return {
    id,
    name: typeof shown === 'string' && shown ? shown : name,
    account: name,
    role: typeof role === 'string' ? role : '',
    grants: Array.isArray(grants) ? grants.filter((code) => typeof code === 'string') : [],
  }
}
