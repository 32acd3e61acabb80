/** A finding as the API shows it: its row in lists, and whole. */
import type { ShownPhoto } from '../../parts/photos'

export interface Person {
  id: string
  name: string | null
}

export interface Office {
  id: string
  code: string
  name: string
}

export interface Flag {
  code: string
  detail: unknown
  finding?: string
  photo?: string
}

export interface Case {
  office: Office | null
  due_at: string | null
  parked_until: string | null
  rectified_at: string | null
  closed_at: string | null
  on_the_spot: boolean
  times_returned: number
  times_reopened: number
}

export interface FindingRow {
  id: string
  number: string
  topic: string
  item: string | null
  checklist: string | null
  checklist_version: string | null
  description: string
  severity: 'minor' | 'moderate' | 'serious'
  state: string
  grade: string
  source: string
  basis: string | null
  requirement: string | null
  rectification_kind: string | null
  deadline_at: string | null
  lead_department: string | null
  found_at: string
  found_at_sent: string
  received_at: string
  site: string | null
  inspection: string | null
  author: Person
  position: { lon: number; lat: number; datum: string; accuracy_m?: number | null; mock?: boolean | null } | null
  location: { lon: number; lat: number } | null
  cells: { scheme: string; code: string; confidence: number }[]
  photos: ShownPhoto[]
  flags: Flag[]
  merged_into: string | null
  case: Case | null
  rev: number
}

export interface CellFound {
  scheme: string
  code: string
  name: string | null
  confidence: number
  method: string
  version: string | null
  candidates: { code: string; share: number }[]
}

export interface CaseStep {
  id: string
  n: number
  action: string
  from: string
  to: string
  by: Person
  role: string
  approved_by: Person | null
  office: Office | null
  at: string
  note: string | null
  photos: string[]
  details: Record<string, unknown>
}

export interface Extension {
  n: number
  by: Person
  at: string
  reason: string
  wanted_until: string
  state: string
  decided_by: Person | null
  granted_until: string | null
  note: string | null
}

export interface Hop {
  id: string
  n: number
  kind: string
  office: Office | null
  given_by: Person
  given_at: string
  due_at: string | null
  due_assumed: boolean
  signed_by: Person | null
  signed_at: string | null
  return: { by: Person | null; at: string; reason: string | null; due_at: string | null } | null
  parked: { by: Person | null; at: string; until: string; reason: string | null } | null
  extensions: Extension[]
  ended_at: string | null
  outcome: string | null
  late_days: number
}

export interface PhotoFlag {
  sha256: string
  code: string
  text: { zh: string; en: string }
  found_at: string
}

export interface FindingDetail extends Omit<FindingRow, 'cells'> {
  cells: CellFound[]
  comments: { id: string; text: string; author: Person; at: string; photos: ShownPhoto[] }[]
  steps: CaseStep[]
  hops: Hop[]
  unit_replies: { id: string; unit: string; said_by: string; done: string; photos: string[]; received_at: string }[]
  look_backs: { id: string; n: number; due_at: string; outcome: string | null; overdue: boolean }[]
  place_said: {
    by: Person
    at: string
    cell: { code: string; name: string | null } | null
    action: string
    note: string | null
  }[]
  photo_flags: PhotoFlag[]
  evidence_lacks: string[]
}

/** The administrative cell that a finding lies in, or null. */
export const cellOf = (finding: { cells: readonly { scheme: string; code: string }[] }): string | null =>
  finding.cells.find((cell) => cell.scheme === 'admin')?.code ?? null

/** The term that counts: the office's own, else that of the item; null where none runs (as the statistics count). */
export const dueOf = (finding: Pick<FindingRow, 'state' | 'case' | 'deadline_at'>): string | null =>
  OVER.has(finding.state) ? null : (finding.case?.due_at ?? finding.deadline_at)

const OVER = new Set(['closed', 'look_back', 'rejected', 'penalty_transfer', 'feedback', 'recheck', 'reopened'])
