/** Rows of the mirror as these pages read them (docs/sync-rows.schema.json). Types only. */
import type { Position, Row } from '../../sync'

export type Severity = 'minor' | 'moderate' | 'serious'
export const SEVERITIES: readonly Severity[] = ['minor', 'moderate', 'serious']
export const TOPICS = [
  ...['dust', 'straw', 'voc', 'industry', 'mobile_source', 'living'],
  ...['management', 'noise', 'water', 'waste', 'other'],
] as const

export interface PhotoRef {
  id: string | null
  sha256: string
  role: string
  stored: boolean
}

export type FindingRow = Row & {
  number: string | null
  topic: string
  item: string | null
  checklist: string | null
  checklist_version: string | null
  description: string
  severity: Severity
  state: string
  grade: 'lead' | 'evidence'
  basis: string | null
  requirement: string | null
  rectification_kind: string | null
  deadline_at: string | null
  found_at: string
  site: string | null
  inspection: string | null
  author: { id: string; name: string | null }
  position: Position | null
  location: { lon: number; lat: number } | null
  photos: PhotoRef[]
  flags: { code: string; detail: unknown }[]
  merged_into: string | null
  case: {
    office: { id: string; code: string; name: string } | null
    due_at: string | null
    rectified_by: string | null
    rectified_at: string | null
    closed_at: string | null
    on_the_spot: boolean
  } | null
}

export type CommentRow = Row & {
  finding: string
  text: string
  photos: PhotoRef[]
  author: { id: string; name: string | null }
  at: string
}

export type ConflictRow = Row & {
  row: { type: string; id: string }
  fields: { name: string; base: unknown; current: unknown; incoming: unknown }[]
  author: { id: string; name: string | null }
  at: string
  state: 'open' | 'resolved'
  details: { note?: string | null; photos?: string[] }
}

export type TaskRow = Row & {
  kind: string
  title: string
  state: string
  due_at: string
  not_before: string | null
  source: { type: string; id: string } | null
  assignee: { id: string; name: string | null } | null
}
