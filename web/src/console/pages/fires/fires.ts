/** Fire points as the API has them, what is asked of their list, and pasted alarms before they become some. */
import type { Query } from '../../api'
import type { ShownPhoto } from '../../parts/photos'

export interface Person {
  id: string
  name: string | null
}

export interface Sighting {
  id: string
  source: string
  satellite: string
  at: string
  until: string | null
  location: { lon: number; lat: number }
  reach_m: number
  confidence: string | null
  notes: { text?: string; phones?: string[]; phone?: string | null; places?: string[]; note?: string | null }
}

export interface FirePoint {
  id: string
  number: string
  state: 'open' | 'answered' | 'merged'
  first_at: string
  last_at: string
  reported_at: string
  location: { lon: number; lat: number }
  reach_m: number
  cell: string | null
  cell_confidence: number
  place: string | null
  zone: { outcome: string; certainty: string; sentence?: Record<string, string> }
  sources: string[]
  sightings: number
  detections: Sighting[]
  assignee: Person | null
  outcome: string | null
  arrived_at: string | null
  extinguished_at: string | null
  crop: string | null
  area_mu: number | null
  handling: string[]
  penalty_yuan: number | null
  note: string | null
  answered_at: string | null
  answered_by: Person | null
  answered_via: string | null
  photos: ShownPhoto[]
  flags: { code: string }[]
  merged_into: string | null
}

export const NAMES = ['cell', 'state', 'outcome', 'zone', 'source', 'from', 'to', 'view', 'at'] as const
export type Asked = Record<(typeof NAMES)[number], string>

/** The query as the API takes it: days become instants by the clock of China, the last day is included. */
export function queryOf(asked: Asked): Query {
  const { from, to, view: _view, at: _at, ...rest } = asked
  const said = {
    ...rest,
    first_from: from && `${from}T00:00:00+08:00`,
    first_to: to && `${dayAfter(to)}T00:00:00+08:00`,
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== ''))
}

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`)
  next.setUTCDate(next.getUTCDate() + 1)
  return next.toISOString().slice(0, 10)
}

export const DATUMS = ['GCJ02', 'BD09', 'WGS84', 'CGCS2000'] as const
export const BY_PEOPLE = ['message', '12345', '12369', 'video', 'drone', 'patrol'] as const

export interface Fault {
  code: string
  /** The line, from 1. */
  where: string | number | null
  detail: string
}

/** What a pasted text was read as; nothing is saved yet. */
export interface Look {
  id: string
  state: 'checked' | 'refused' | 'applying' | 'applied'
  report: {
    sightings: number
    new: number
    known: number
    opened: number
    joined: number
    merged: number
    by_zone: Record<string, number>
    faults: number
    warnings: number
    fault_list: Fault[]
    warning_list: Fault[]
    read: {
      row: number
      at: string
      lon: number
      lat: number
      reach_m: number
      cell: string | null
      cell_name: string | null
    }[]
  }
}

/** Whether a look may become fire points. */
export const mayApply = (look: Look | null): boolean =>
  look !== null && look.state === 'checked' && look.report.faults === 0 && look.report.sightings > 0

/** How fast somebody was there, in minutes from when it was reported; null without an answer. */
export function minutesUntilThere(point: Pick<FirePoint, 'reported_at' | 'arrived_at'>): number | null {
  if (!point.arrived_at) return null
  return Math.round((new Date(point.arrived_at).getTime() - new Date(point.reported_at).getTime()) / 60_000)
}
