/** Records of this device and its mirror together, kept up to date: what was recorded shows before it is synced. */
import { useDevice, useLive } from '../../device'
import type { Row } from '../../sync'
import { findingView, findingsOf, type FindingView, type LookUp } from './echo'
import { ownOps, type Own } from './own-ops'
import type { FindingRow } from './rows'
import { packOfVersion } from '../inspection/packs'

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
  const [me, ops, records] = [
    await device.person(),
    await ownOps(device),
    await device.db.rows.where({ type: 'finding' }).toArray(),
  ]
  const lookUp = await lookUpOf(ops)
  const byFinding = new Map<string, Own[]>()
  for (const op of ops) for (const id of findingsOf(op)) byFinding.set(id, [...(byFinding.get(id) ?? []), op])
  const mirrored = new Map(records.map((record) => [record.id, { row: record.row as FindingRow, rev: record.rev }]))
  const ids = new Set([...mirrored.keys(), ...byFinding.keys()])
  return [...ids].flatMap((id) => findingView(id, mirrored.get(id) ?? null, byFinding.get(id) ?? [], me, lookUp) ?? [])
}

export async function oneFinding(id: string): Promise<FindingView | null> {
  const device = useDevice()
  const [me, ops, record] = [await device.person(), await ownOps(device), await device.db.rows.get(`finding|${id}`)]
  const mirrored = record ? { row: record.row as FindingRow, rev: record.rev } : null
  return findingView(id, mirrored, ops, me, await lookUpOf(ops))
}

/** An inspection of the mirror, or of this device while the mirror has none. */
export async function oneInspection(id: string): Promise<InspectionRow | null> {
  return (await allInspections()).find((row) => row.id === id) ?? null
}

export async function allInspections(): Promise<InspectionRow[]> {
  const device = useDevice()
  const me = await device.person()
  const mirrored = await device.rows<InspectionRow>('inspection')
  const there = new Set(mirrored.map((row) => row.id))
  const own = (await ownOps(device)).filter((op) => op.cmd === 'inspection.submit' && !there.has(op.row))
  return [
    ...mirrored.map((row) => ({ ...row, onDevice: false })),
    ...own.map((op): InspectionRow => {
      const args = op.args as unknown as InspectionRow
      const author = { id: me?.id ?? '', name: me?.name ?? null }
      return { ...args, id: op.row, author, grade: 'lead', findings: findingsOf(op), onDevice: true }
    }),
  ].sort((one, two) => Date.parse(two.finished_at) - Date.parse(one.finished_at))
}

/** What the packs say of the items that this device's inspections found failing. */
async function lookUpOf(ops: Own[]): Promise<LookUp> {
  const device = useDevice()
  const packs = new Map<string, Awaited<ReturnType<typeof packOfVersion>>>()
  for (const { cmd, args } of ops) {
    if (cmd !== 'inspection.submit') continue
    const [code, version] = [String(args.checklist), String(args.checklist_version)]
    const name = `${code}@${version}`
    if (!packs.has(name)) packs.set(name, await packOfVersion(device, code, version))
  }
  return (code, version, wanted) => {
    const pack = packs.get(`${code}@${version}`)
    const item = pack?.items.find((each) => each.code === wanted)
    if (!pack || !item) return null
    return {
      topic: pack.topic,
      severity: item.severity ?? 'moderate',
      phrase: item.phrases[0]?.zh ?? item.text.zh,
      text: item.text.zh,
    }
  }
}

export const useFindings = () => useLive<FindingView[] | null>(allFindings, null)
export const useFinding = (id: string) => useLive<FindingView | null | undefined>(() => oneFinding(id), undefined)
export const useInspections = () => useLive<InspectionRow[] | null>(allInspections, null)
