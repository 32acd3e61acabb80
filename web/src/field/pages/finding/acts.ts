/** What a person does to a finding, as commands of the contract. No Vue, no storage. */
import type { Act, Json, PhotoOf, Position } from '../../sync'
import type { FindingRow, Severity } from './rows'

export interface Report {
  topic: string
  item: string | null
  description: string
  severity: Severity
  found_at: string
  position: Position | null
  site: string | null
}

export function reportAct(id: string, report: Report, photos: readonly PhotoOf[]): Act {
  return {
    cmd: 'finding.report',
    row: id,
    args: { ...report, description: report.description.trim(), photos: hashes(photos) },
    baseRev: null,
  }
}

export function commentAct(finding: string, text: string, photos: readonly PhotoOf[]): Act {
  return { cmd: 'finding.comment', row: finding, args: { text: text.trim(), photos: hashes(photos) } }
}

/** Only what differs is sent: what somebody else changed meanwhile is none of this person's. Null when nothing does. */
export function editAct(row: FindingRow, wanted: Partial<Report>): Act | null {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value ?? null) !== JSON.stringify(row[name] ?? null),
  )
  if (changed.length === 0) return null
  return { cmd: 'finding.edit', row: row.id, args: Object.fromEntries(changed) }
}

export interface Step {
  from: string
  to: string
  note?: string
  photos?: readonly PhotoOf[]
  position?: Position | null
}

export function stepAct(finding: string, { from, to, note = '', photos = [], position = null }: Step): Act {
  const args: Json = { from, to, note: note.trim() || null, photos: hashes(photos), position }
  return { cmd: 'finding.transition', row: finding, args }
}

/** A photo's own record as an act among others: where the server must know the photo before the step that needs it. */
export function photoAct(photo: PhotoOf): Act {
  const { id, sha256, size, mediaType, capturedAt, position, source, subject, role } = photo
  const args = { sha256, size, media_type: mediaType, captured_at: capturedAt, position, source, subject, role }
  return { cmd: 'photo.add', row: id, args, baseRev: null }
}

/** Put right on the spot (立行立改): the after-photos first, then the one step to close. */
export function closeAtOnceActs(
  finding: Pick<FindingRow, 'id' | 'state'>,
  after: readonly PhotoOf[],
  note: string,
  position: Position | null,
): Act[] {
  const step = { from: finding.state, to: 'closed', note, photos: after, position }
  return [...after.map(photoAct), stepAct(finding.id, step)]
}

/** Which value stands of each field that a conflict is about. */
export function resolveAct(conflict: string, choice: Record<string, 'current' | 'incoming'>): Act {
  return { cmd: 'conflict.resolve', row: conflict, args: { choice }, baseRev: null }
}

function hashes(photos: readonly PhotoOf[]): string[] {
  return photos.map((photo) => photo.sha256)
}
