/** This device's ops out of its outbox and what it retains, as the local echo reads them. */
import { findingId } from '../../checklists'
import { meOf } from '../../frame/me'
import type { Device, Json, OpRecord, Outcome, Person } from '../../sync'
import type { ChecklistRow } from '../inspection/packs'
import type { OwnOp } from './echo'

interface Body {
  id: string
  cmd: string
  row: string
  args: Json
  t: { wall: string }
}

export type Own = OwnOp & { comment?: string }

/** What this device recorded, and who it belongs to, as its database has it: read first, made sense of afterwards.
 *
 * A live query sees changes of what it read before it waited for anything but the database.
 */
export interface Stored {
  me: Person | null
  retained: OpRecord[]
  outbox: OpRecord[]
  results: Outcome[]
  checklists: ChecklistRow[]
}

export async function stored(device: Device): Promise<Stored> {
  const { db } = device
  const [server, retained, outbox, results, checklists] = await Promise.all([
    db.known('server'),
    db.retained.toArray(),
    db.outbox.toArray(),
    db.results.toArray(),
    device.rows<ChecklistRow>('checklist'),
  ])
  return { me: meOf(server), retained, outbox, results, checklists }
}

/** Its ops, in the order in which they were recorded. */
export async function ownOps({ retained, outbox, results }: Stored): Promise<Own[]> {
  const newest = new Map(results.map((outcome) => [outcome.first, outcome]))
  const ops = [...retained, ...outbox].map((record): Own => {
    const { id, cmd, row, args, t } = JSON.parse(record.body) as Body
    const said = newest.get(record.first) ?? record.result
    const status = said === null || said.status === 'retry' ? null : said.status
    const rev = record.result?.rev ?? null
    return { id, cmd, row, args, at: t.wall, status, rev, problem: said?.problem?.code ?? null }
  })
  for (const op of ops) if (op.cmd === 'finding.comment') op.comment = await findingId(op.id, 'comment')
  return ops.sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : 0))
}
