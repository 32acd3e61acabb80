/** This device's ops out of its outbox and what it retains, as the local echo reads them. */
import { findingId } from '../../checklists'
import type { Device, Json, OpRecord } from '../../sync'
import type { OwnOp } from './echo'

interface Body {
  id: string
  cmd: string
  row: string
  args: Json
  t: { wall: string }
}

export type Own = OwnOp & { comment?: string }

/** All of them, in the order in which they were recorded. */
export async function ownOps(device: Device): Promise<Own[]> {
  const records = [...(await device.db.retained.toArray()), ...(await device.db.outbox.toArray())]
  const results = new Map((await device.db.results.toArray()).map((outcome) => [outcome.first, outcome]))
  const ops = records.map((record): Own => {
    const body = JSON.parse(record.body) as Body
    const said = results.get(record.first) ?? record.result
    const { id, cmd, row, args, t } = body
    const status = said === null || said.status === 'retry' ? null : said.status
    return { id, cmd, row, args, at: t.wall, status, rev: revOf(record), problem: said?.problem?.code ?? null }
  })
  for (const op of ops) if (op.cmd === 'finding.comment') op.comment = await findingId(op.id, 'comment')
  return ops.sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : 0))
}

function revOf(record: OpRecord): number | null {
  return record.result?.rev ?? null
}
