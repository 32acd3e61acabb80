/** Records of this device and its mirror together, kept up to date: what was recorded shows before it is synced. */
import type { Pack } from '../../checklists'
import { useDevice, useLive } from '../../device'
import type { Row } from '../../sync'
import { packOf } from '../inspection/packs'
import { commentsOf, findingView, findingsOf, type CommentView, type FindingView, type LookUp } from './echo'
import { ownOps, stored, type Own, type Stored } from './own-ops'
import type { CommentRow, FindingRow } from './rows'

export type InspectionRow = Row & {
  checklist: string
  checklist_version: string
  mode: 'patrol' | 'administrative'
  grade: 'lead' | 'evidence'
  site: string | null
  started_at: string
  finished_at: string
  author: { id: string; name: string | null }
  answers: { item: string; result: string; value: unknown; note: string | null; photos: string[] | null }[]
  findings: string[]
  onDevice: boolean
}

/** All findings that this device knows, those with news of this device among them. */
export async function allFindings(): Promise<FindingView[]> {
  const device = useDevice()
  const [kept, records] = await Promise.all([stored(device), device.db.rows.where({ type: 'finding' }).toArray()])
  const ops = await ownOps(kept)
  const lookUp = await lookUpOf(kept, ops)
  const byFinding = new Map<string, Own[]>()
  for (const op of ops) for (const id of findingsOf(op)) byFinding.set(id, [...(byFinding.get(id) ?? []), op])
  const mirrored = new Map(records.map((record) => [record.id, { row: record.row as FindingRow, rev: record.rev }]))
  const ids = new Set([...mirrored.keys(), ...byFinding.keys()])
  return [...ids].flatMap(
    (id) => findingView(id, mirrored.get(id) ?? null, byFinding.get(id) ?? [], kept.me, lookUp) ?? [],
  )
}

export async function oneFinding(id: string): Promise<FindingView | null> {
  const device = useDevice()
  const [kept, record] = await Promise.all([stored(device), device.db.rows.get(`finding|${id}`)])
  const ops = await ownOps(kept)
  const mirrored = record ? { row: record.row as FindingRow, rev: record.rev } : null
  return findingView(id, mirrored, ops, kept.me, await lookUpOf(kept, ops))
}

export async function commentsOn(finding: string): Promise<CommentView[]> {
  const device = useDevice()
  const [kept, rows] = await Promise.all([stored(device), device.rows<CommentRow>('comment')])
  return commentsOf(finding, rows, await ownOps(kept), kept.me)
}

/** An inspection of the mirror, or of this device while the mirror has none. */
export async function oneInspection(id: string): Promise<InspectionRow | null> {
  return (await allInspections()).find((row) => row.id === id) ?? null
}

export async function allInspections(): Promise<InspectionRow[]> {
  const device = useDevice()
  const [kept, mirrored] = await Promise.all([stored(device), device.rows<InspectionRow>('inspection')])
  const there = new Set(mirrored.map((row) => row.id))
  const own = (await ownOps(kept)).filter((op) => op.cmd === 'inspection.submit' && !there.has(op.row))
  return [
    ...mirrored.map((row) => ({ ...row, onDevice: false })),
    ...own.map((op): InspectionRow => {
      const args = op.args as unknown as InspectionRow
      const author = { id: kept.me?.id ?? '', name: kept.me?.name ?? null }
      return { ...args, id: op.row, author, grade: 'lead', findings: findingsOf(op), onDevice: true }
    }),
  ].sort((one, two) => Date.parse(two.finished_at) - Date.parse(one.finished_at))
}

/** What the packs say of the items that this device's inspections found failing. */
async function lookUpOf({ checklists }: Stored, ops: Own[]): Promise<LookUp> {
  const device = useDevice()
  const packs = new Map<string, Pack | null>()
  const inspections = ops.filter((op) => op.cmd === 'inspection.submit')
  for (const name of new Set(inspections.map(({ args }) => `${args.checklist}@${args.checklist_version}`))) {
    const row = checklists.find((each) => `${each.code}@${each.version}` === name)
    packs.set(name, row ? await packOf(device, row.pack) : null)
  }
  return (code, version, wanted) => {
    const pack = packs.get(`${code}@${version}`)
    const item = pack?.items.find((each) => each.code === wanted)
    if (!pack || !item) return null
    const phrase = item.phrases[0]?.zh ?? item.text.zh
    return { topic: pack.topic, severity: item.severity ?? 'moderate', phrase, text: item.text.zh }
  }
}

export const useFindings = () => useLive<FindingView[] | null>(allFindings, null)
export const useFinding = (id: string) => useLive<FindingView | null | undefined>(() => oneFinding(id), undefined)
export const useInspections = () => useLive<InspectionRow[] | null>(allInspections, null)
