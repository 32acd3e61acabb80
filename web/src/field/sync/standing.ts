/** The truth about a submission: what of it the server has, and whether somebody has to look at it. */
import type { FieldDatabase, MediaRecord, Outcome } from './database'
import type { Standing, Submission } from './types'

const NEEDS_YOU = ['held', 'rejected', 'conflict']

/** Where a submission stands. An op counts as received once the server acknowledged it, also after it was pruned. */
export async function standingOf(db: FieldDatabase, { ops, media }: Submission): Promise<Standing> {
  const said = (await db.results.bulkGet(ops)).filter((outcome): outcome is Outcome => outcome !== undefined)
  const files = (await db.media.bulkGet(media)).filter((record): record is MediaRecord => record !== undefined)
  const aside = await db.aside.where('first').anyOf(ops).first()
  const missing = files.filter((record) => record.state !== 'stored')
  const counts = {
    ops: ops.length,
    opsReceived: said.length,
    media: media.length,
    mediaStored: files.length - missing.length,
    bytesLeft: missing.reduce((sum, record) => sum + record.size - record.sent, 0),
  }
  const decided = await decidedConflicts(db, said)
  const trouble = said.find(({ status, conflict }) => NEEDS_YOU.includes(status) && !decided.has(conflict ?? ''))
  const refused = files.find((record) => record.state === 'refused')
  if (aside) return { state: 'needs-you', reason: aside.problem ?? 'op-unreadable', ...counts }
  if (trouble) return { state: 'needs-you', reason: trouble.problem?.code ?? trouble.status, ...counts }
  if (refused) return { state: 'needs-you', reason: refused.problem ?? 'media-refused', ...counts }
  if (counts.opsReceived < counts.ops) return { state: 'on-device', reason: null, ...counts }
  return { state: counts.mediaStored < counts.media ? 'received' : 'complete', reason: null, ...counts }
}

/** Conflicts that somebody has decided since: they ask for nobody any more. */
async function decidedConflicts(db: FieldDatabase, said: Outcome[]): Promise<Set<string>> {
  const ids = said.flatMap(({ conflict }) => conflict ?? [])
  const rows = await db.rows.bulkGet(ids.map((id) => `conflict|${id}`))
  return new Set(rows.flatMap((record) => (record?.row.state === 'resolved' ? record.id : [])))
}
