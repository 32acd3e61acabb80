/** What a finding has beside the mirror, asked of the server while there is a network: history, and small pictures. */
import { NoAnswer, problemOf } from '@shared/problem'
import type { Device } from '../../sync'

export interface HistoryStep {
  id: string
  action: string
  from: string
  to: string
  by: { id: string; name: string | null } | null
  at: string
  note: string | null
  photos: string[]
  office: { name: string } | null
}

/** The steps of a finding's case, the oldest first. Throws Problem, NoAnswer. */
export async function historyOf(device: Device, finding: string): Promise<HistoryStep[]> {
  const said = (await (await asked(device, `/api/v1/findings/${finding}`)).json()) as { steps?: HistoryStep[] }
  return said.steps ?? []
}

/** A small upright picture of a photo, as it is kept here or else from the server; null where neither has one. */
export async function pictureOf(device: Device, sha256: string, size = 400): Promise<Blob | null> {
  const here = await device.picture(sha256)
  if (here !== null) return here
  const answer = await asked(device, `/api/v1/blobs/${sha256}/thumbnail?size=${size}`).catch(() => null)
  return answer === null ? null : answer.blob()
}

async function asked(device: Device, path: string): Promise<Response> {
  const token = await device.db.known('token')
  const headers = { Authorization: `Bearer ${token ?? ''}` }
  const answer = await fetch(path, { headers, credentials: 'omit' }).catch((error: unknown) => {
    throw new NoAnswer(error)
  })
  if (!answer.ok) throw await problemOf(answer)
  return answer
}
