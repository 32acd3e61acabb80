/** A finding with its case, as the API has it: what the inbox reads of it. */
import type { ShownPhoto } from '../../parts/photos'

export interface Named {
  id: string
  name: string | null
}

export interface OfficeName {
  id: string
  code: string
  name: string
}

export interface Finding {
  id: string
  number: string
  topic: string
  description: string
  severity: 'minor' | 'moderate' | 'serious'
  state: string
  basis: string | null
  requirement: string | null
  found_at: string
  site: string | null
  lead_department: string | null
  cells: { scheme: string; code: string }[]
  photos: ShownPhoto[]
  case: {
    office: OfficeName | null
    due_at: string | null
    parked_until: string | null
    times_returned: number
    times_reopened: number
  } | null
}

export interface Extension {
  n: number
  by: Named
  at: string
  reason: string
  wanted_until: string
  due_before: string | null
  state: 'waiting' | 'granted' | 'refused' | 'withdrawn'
  decided_by: Named | null
  granted_until: string | null
  note: string | null
}

export interface Hop {
  id: string
  n: number
  kind: 'dispatch' | 'pass'
  office: OfficeName | null
  given_by: Named
  given_at: string
  due_at: string | null
  due_assumed: boolean
  signed_by: Named | null
  signed_at: string | null
  return: { by: Named | null; at: string; reason: string | null; due_at: string | null } | null
  parked: { by: Named | null; at: string; until: string; reason: string | null } | null
  extensions: Extension[]
  ended_at: string | null
  outcome: string | null
  late_days: number
}

export interface Step {
  id: string
  n: number
  action: string
  by: Named
  office: OfficeName | null
  at: string
  note: string | null
  photos: string[]
  details: { documents?: string[] }
}

export interface UnitReply {
  id: string
  unit: string
  said_by: string
  done: string
  photos: string[]
  received_at: string
}

export interface FindingDetail extends Finding {
  steps: Step[]
  hops: Hop[]
  unit_replies: UnitReply[]
}

/** The stay that is going on, null where no office has it. */
export const openHop = (finding: Pick<FindingDetail, 'hops'>): Hop | null =>
  finding.hops.find((hop) => hop.ended_at === null) ?? null

/** The request for more time that nobody has answered. */
export const waitingExtension = (hop: Hop | null): Extension | null =>
  hop?.extensions.find((each) => each.state === 'waiting') ?? null

/** The code of the administrative cell, null where it lies in none. */
export const cellOf = (finding: Pick<Finding, 'cells'>): string | null =>
  finding.cells.find((cell) => cell.scheme === 'admin')?.code ?? null
