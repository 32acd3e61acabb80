/** What is to be looked at before a finding is verified: a doubtful place, flags, photos that lack or say otherwise.
 *
 * It says what there is; whether it counts is for the person who verifies.
 */
import { api as theApi, type Api } from '../../api'
import type { FindingDetail, FindingRow } from './finding'

export interface Doubt {
  kind: 'flag' | 'photo' | 'evidence' | 'confidence' | 'no-photo' | 'photo-missing' | 'unread'
  /** The flag's code; of `evidence` what it lacks. */
  code?: string
  /** A photo flag in words. */
  text?: { zh: string; en: string }
  /** How often, or a share in percent. */
  n?: number
  /** The other finding, where one may be the same. */
  finding?: string
}

type Looked = Pick<FindingRow, 'flags' | 'cells' | 'photos' | 'grade'> &
  Pick<FindingDetail, 'photo_flags' | 'evidence_lacks'>

interface ToVerify extends Looked {
  id: string
}

/** The deeds that take what was reported for true. */
export const vouches = (action: string): boolean => action === 'verify' || action === 'close-at-once'

const SURE = 0.9
const SAID_BY_FLAG = new Set(['cell-doubtful', 'cell-edge', 'cell-unassigned'])

export function doubtsOf(finding: Looked): Doubt[] {
  const found: Doubt[] = finding.flags.map(({ code, finding: other }) => ({
    kind: 'flag',
    code,
    ...(other ? { finding: other } : {}),
  }))
  const cell = finding.cells.find((each) => each.scheme === 'admin')
  if (cell && cell.confidence < SURE && !finding.flags.some((each) => SAID_BY_FLAG.has(each.code))) {
    found.push({ kind: 'confidence', n: Math.round(cell.confidence * 100) })
  }
  if (finding.photos.length === 0) found.push({ kind: 'no-photo' })
  const missing = finding.photos.filter((photo) => !photo.stored).length
  if (missing > 0) found.push({ kind: 'photo-missing', n: missing })
  for (const code of new Set(finding.photo_flags.map((flag) => flag.code))) {
    const those = finding.photo_flags.filter((flag) => flag.code === code)
    found.push({ kind: 'photo', code, text: those[0]!.text, n: those.length })
  }
  if (finding.grade === 'evidence')
    found.push(...finding.evidence_lacks.map((code) => ({ kind: 'evidence', code }) as const))
  return found
}

/** As many as the server looks at by one request. */
const AT_ONCE = 200

/** The doubts of several findings, by id; one that cannot be read is a doubt itself. */
export async function doubtsOfAll(
  ids: readonly string[],
  api: Pick<Api, 'post'> = theApi,
  went: (n: number) => void = () => undefined,
): Promise<Map<string, Doubt[]>> {
  const found = new Map<string, Doubt[]>(ids.map((id) => [id, [{ kind: 'unread' }]]))
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const read = await api.post<{ items: ToVerify[] }>('/findings/to-verify', { ids: some }).catch(() => null)
    for (const each of read?.items ?? []) found.set(each.id, doubtsOf(each))
    went(from + some.length)
  }
  return found
}
