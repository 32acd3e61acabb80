/** Campaigns and their rosters as the API has them, and how hours and seasons are written. */
export interface Campaign {
  id: string
  code: string
  name: string
  topic: string
  document_no: string | null
  issuing_body: string | null
  first_day: string
  last_day: string
  cells: string[]
  seasons: string[]
  hours: string[]
  checklists: string[]
  asks_for_tracks: boolean
  rain_until: string | null
  state: 'draft' | 'running' | 'ended'
  note: string | null
  rev: number
}

export interface OnDuty {
  id: string
  cell: string
  cell_name: string | null
  place: string | null
  starts_at: string
  ends_at: string
  name: string
  phone: string | null
  duty: string
  cancelled: boolean
}

/** Hours that have a name; others are spans as 18:00-23:00. */
export const NAMED_HOURS = ['dusk', 'first-half-of-night', 'before-rain'] as const

/** The roster day by day in China, those on duty first, by their hour; who was taken off is left out. */
export function byDay(rows: readonly OnDuty[], dayOf: (instant: string) => string): [string, OnDuty[]][] {
  const days = new Map<string, OnDuty[]>()
  const open = rows.filter((row) => !row.cancelled)
  for (const row of [...open].sort((a, b) => a.starts_at.localeCompare(b.starts_at) || a.cell.localeCompare(b.cell))) {
    const day = dayOf(row.starts_at)
    days.set(day, [...(days.get(day) ?? []), row])
  }
  return [...days]
}

/** Whether somebody is on duty at an instant. */
export const isNow = (row: OnDuty, now: Date): boolean =>
  Date.parse(row.starts_at) <= now.getTime() && now.getTime() < Date.parse(row.ends_at)
