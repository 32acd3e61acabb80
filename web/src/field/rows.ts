/** The rows of the mirror that these pages read, as far as they read them (see docs/sync-rows.schema.json). */

export interface Named {
  id: string
  name: string | null
}

export interface PhotoRef {
  id: string | null
  role: string
  sha256: string
  stored: boolean
}

export interface Point {
  lon: number
  lat: number
}

export interface Task {
  id: string
  title: string
  kind: string
  state: 'open' | 'taken' | 'done' | 'cancelled'
  due_at: string
  not_before: string | null
  assignee: Named | null
  pool: string | null
  site: string | null
  cell: string | null
  checklist: string | null
  campaign: string | null
  source: { type: string; id: string } | null
  note: string | null
  created_at: string
  rev: number
}

export interface Campaign {
  id: string
  code: string
  name: string
  state: string
  topic: string
  first_day: string
  last_day: string
  cells: string[]
  checklists: string[]
  seasons: string[]
  hours: string[]
  issuing_body: string | null
  document_no: string | null
  note: string | null
  asks_for_tracks: boolean
  rain_until: string | null
}

export interface RosterEntry {
  id: string
  campaign: string
  cell: string
  cell_name: string | null
  starts_at: string
  ends_at: string
  duty: string
  name: string
  place: string | null
  user: string | null
  cancelled: boolean
}

export interface Site {
  id: string
  code: string
  name: string
  kind: string
  status: 'proposed' | 'active' | 'closed'
  label: string | null
  address: string | null
  cell: string | null
  location: Point | null
  position: { accuracy_m?: number | null; datum: string } | null
  responsible_unit: string | null
  responsible_person: string | null
  phone: string | null
  supervising_department: string | null
  attributes: Record<string, unknown>
  doubt: Record<string, unknown> | null
}

export interface Finding {
  id: string
  number: string
  topic: string
  severity: string
  state: string
  description: string
  site: string | null
  author: Named
  deadline_at: string | null
  found_at: string
  case: FindingCase | null
}

export interface Inspection {
  id: string
  site: string | null
  checklist: string
  mode: string
  finished_at: string
  author: Named
  findings: string[]
}

export interface FirePoint {
  id: string
  number: string
  state: 'open' | 'answered' | 'merged'
  place: string | null
  first_at: string
  reported_at: string
  assignee: Named | null
  answered_by: Named | null
  location: Point
  zone: Record<string, unknown>
}

export interface Checklist {
  id: string
  code: string
  version: string
  title: { zh: string; en: string }
  retired_at: string | null
}

export interface Conflict {
  id: string
  op: string
  state: 'open' | 'resolved'
  by: string
  row: { type: string; id: string }
  fields: { name: string }[]
  at: string
  resolved_at: string | null
}

export interface OpResult {
  id: string
  cmd: string
  status: 'applied' | 'merged' | 'conflict' | 'rejected' | 'held'
  problem: { code?: string; by?: string } | null
  row: string | null
}

/** Ids of whoever took a step, and the present office. */
export interface FindingCase {
  office: { name: string } | null
  due_at: string | null
  rectified_by: string | null
  rechecked_by: string | null
  closed_by: string | null
}
