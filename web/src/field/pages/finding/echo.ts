/** What this device has recorded and its mirror does not show yet, laid over the mirror's rows. No Vue, no storage.
 *
 * An op shows from the moment that it is recorded until its effect has come back with a pull. One that was refused, or
 * that waits for a supervisor, changes nothing here and is named instead.
 */
import type { Json, Person, Position } from '../../sync'
import type { CommentRow, FindingRow, PhotoRef, Severity } from './rows'

/** An op of this device, as it was recorded. */
export interface OwnOp {
  id: string
  cmd: string
  row: string
  args: Json
  at: string
  /** The server's newest word; null while it has said nothing. */
  status: 'applied' | 'merged' | 'conflict' | 'rejected' | 'held' | null
  /** The row's `rev` after it. */
  rev: number | null
  /** The problem's code, of one that was refused or waits. */
  problem: string | null
}

export type Told = Pick<OwnOp, 'cmd' | 'status' | 'problem' | 'at'>

/** A finding as it shows on this device. */
export type FindingView = FindingRow & {
  /** Not on the server yet as far as this device knows: the whole of it, or some change. */
  onDevice: 'all' | 'changes' | null
  /** What the server has not taken, or not yet. */
  told: Told[]
}

export type CommentView = CommentRow & { onDevice: boolean }

/** What a checklist's item says of a finding that came of it. */
export type ItemSaid = { topic: string; severity: Severity; phrase: string; text: string }
export type LookUp = (checklist: string, version: string, item: string) => ItemSaid | null

interface Answer {
  item: string
  result: string
  note: string | null
  photos: string[] | null
  finding: string | null
}

/** The findings that ops are about: their own, and those that an inspection's failed duties become. */
export function findingsOf(op: OwnOp): string[] {
  if (op.cmd === 'inspection.submit') return answersOf(op).flatMap((answer) => answer.finding ?? [])
  if (op.cmd === 'photo.add') {
    const subject = op.args.subject as { type: string; id: string }
    return subject.type === 'finding' ? [subject.id] : []
  }
  return op.cmd.startsWith('finding.') ? [op.row] : []
}

/** The finding with what this device has recorded of it; null when neither mirror nor device knows it. */
export function findingView(
  id: string,
  mirrored: { row: FindingRow; rev: number } | null,
  ops: readonly OwnOp[],
  me: Person | null,
  lookUp: LookUp,
): FindingView | null {
  const mine = ops.filter((op) => findingsOf(op).includes(id))
  const made = mirrored === null ? begun(id, mine, me, lookUp) : null
  const row = mirrored?.row ?? made
  if (row === null) return null
  const view: FindingView = {
    ...row,
    photos: [...row.photos],
    onDevice: made && mine.some(isHere) ? 'all' : null,
    told: [],
  }
  for (const op of mine) {
    if (op.status === 'held' || op.status === 'rejected') view.told.push(op)
    else if (op.status !== 'conflict' && !shown(op, mirrored)) lay(view, op)
  }
  return view
}

/** Whether the server has not said yet that it has an op. */
function isHere({ status }: OwnOp): boolean {
  return status === null
}

/** Whether the mirror shows an op's effect already. */
function shown(op: OwnOp, mirrored: { row: FindingRow; rev: number } | null): boolean {
  if (mirrored === null) return false
  if (op.cmd === 'finding.report' || op.cmd === 'inspection.submit') return true
  if (op.cmd === 'photo.add') return mirrored.row.photos.some((photo) => photo.id === op.row)
  if (op.cmd === 'finding.comment') return true
  return op.status !== null && (op.rev === null || mirrored.rev >= op.rev)
}

function lay(view: FindingView, op: OwnOp): void {
  if (op.cmd === 'finding.edit') Object.assign(view, op.args)
  else if (op.cmd === 'finding.transition') view.state = String(op.args.to)
  else if (op.cmd === 'photo.add') addPhoto(view.photos, op)
  else return
  if (isHere(op)) view.onDevice ??= 'changes'
}

function addPhoto(photos: PhotoRef[], op: OwnOp): void {
  const { sha256, role } = op.args as { sha256: string; role: string }
  const known = photos.findIndex((photo) => photo.sha256 === sha256 && photo.id === null)
  const photo = { id: op.row, sha256, role, stored: false }
  if (known >= 0) photos[known] = photo
  else photos.push(photo)
}

/** A finding that only this device knows, from the op that reports it. */
function begun(id: string, ops: OwnOp[], me: Person | null, lookUp: LookUp): FindingRow | null {
  const op = ops.find((each) => each.cmd === 'finding.report' || each.cmd === 'inspection.submit')
  if (op === undefined) return null
  const author = { id: me?.id ?? '', name: me?.name ?? null }
  const nothing = {
    ...{ number: null, basis: null, requirement: null, rectification_kind: null, deadline_at: null },
    ...{ location: null, flags: [], merged_into: null, case: null, grade: 'lead' as const },
  }
  if (op.cmd === 'finding.report') {
    const args = op.args as Pick<FindingRow, 'topic' | 'description' | 'severity' | 'found_at'> &
      Partial<{ item: string | null; site: string | null; position: Position | null; photos: string[] }>
    return {
      ...nothing,
      id,
      author,
      ...{ checklist: null, checklist_version: null, inspection: null, state: 'submitted' },
      topic: args.topic,
      item: args.item ?? null,
      description: args.description,
      severity: args.severity,
      found_at: args.found_at,
      site: args.site ?? null,
      position: args.position ?? null,
      photos: named(args.photos ?? [], 'scene'),
    }
  }
  const answer = answersOf(op).find((each) => each.finding === id)
  if (answer === undefined) return null
  const args = op.args as { checklist: string; checklist_version: string; site: string | null; finished_at: string }
  const said = lookUp(args.checklist, args.checklist_version, answer.item)
  return {
    ...nothing,
    id,
    author,
    topic: said?.topic ?? 'other',
    item: answer.item,
    checklist: args.checklist,
    checklist_version: args.checklist_version,
    description: answer.note ?? said?.phrase ?? '',
    severity: said?.severity ?? 'moderate',
    state: 'submitted',
    found_at: args.finished_at,
    site: args.site,
    inspection: op.row,
    position: (op.args.position as Position | null) ?? null,
    photos: named(answer.photos ?? [], 'before'),
  }
}

/** Comments on a finding, the oldest first, with those that are on this device only. */
export function commentsOf(
  finding: string,
  mirrored: readonly CommentRow[],
  ops: readonly (OwnOp & { comment?: string })[],
  me: Person | null,
): CommentView[] {
  const there = mirrored.filter((row) => row.finding === finding)
  const ids = new Set(there.map((row) => row.id))
  const mine = ops.filter(
    (op) =>
      op.cmd === 'finding.comment' && op.row === finding && op.status !== 'rejected' && !ids.has(op.comment ?? op.id),
  )
  const author = { id: me?.id ?? '', name: me?.name ?? null }
  const own = mine.map((op): CommentView => {
    const photos = named((op.args.photos as string[] | null) ?? [], 'scene')
    return { id: op.id, finding, text: String(op.args.text), photos, author, at: op.at, onDevice: isHere(op) }
  })
  return [...there.map((row) => ({ ...row, onDevice: false })), ...own].sort(
    (one, two) => Date.parse(one.at) - Date.parse(two.at),
  )
}

function answersOf(op: OwnOp): Answer[] {
  return Array.isArray(op.args.answers) ? (op.args.answers as Answer[]) : []
}

function named(hashes: string[], role: string): PhotoRef[] {
  return hashes.map((sha256) => ({ id: null, sha256, role, stored: false }))
}
