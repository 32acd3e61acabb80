/** Periods of the list as the API has them: by series, their sums, and when the next one is cut off. */
import { dayOf } from '../../times'

export const COUNTED = ['carried', 'new', 'late', 'reopened', 'closed', 'transferred', 'removed', 'open'] as const
export type Counted = (typeof COUNTED)[number]
export type Sums = Record<Counted, number>

export interface Counts {
  all: Sums
  units: (Sums & { unit: string })[]
}

export interface Version {
  version: number
  document_no: string
  signer: string
  reason: string | null
  rests_on: { period: string; version: number } | null
  counts: Counts
  rows: number
  sha256: string
  at: string
}

export interface Period {
  id: string
  cell: string
  campaign: string | null
  topic: string | null
  year: number
  number: number
  document_no: string | null
  signer: string | null
  starts_at: string | null
  cut_off: string
  state: 'open' | 'frozen' | 'reissued'
  version: number
  stale: boolean
  versions: Version[]
}

export interface Row {
  n: number
  finding: string
  state: string
  origin: 'carried' | 'new' | 'reopened'
  outcome: 'open' | 'closed' | 'transferred' | 'removed'
  late: boolean
  unit: string
  facts: Record<string, unknown>
}

export interface Series {
  key: string
  cell: string
  topic: string | null
  campaign: string | null
  periods: Period[]
  /** One of a series is open at a time. */
  open: Period | null
}

/** Periods by series, each with the newest cut-off first; the series with the newest one first. */
export function seriesOf(periods: readonly Period[]): Series[] {
  const found = new Map<string, Series>()
  const newest = [...periods].sort((a, b) => Date.parse(b.cut_off) - Date.parse(a.cut_off))
  for (const period of newest) {
    const { cell, topic, campaign } = period
    const key = [cell, topic, campaign].join('|')
    const series = found.get(key) ?? { key, cell, topic, campaign, periods: [], open: null }
    series.periods.push(period)
    if (period.state === 'open') series.open = period
    found.set(key, series)
  }
  return [...found.values()]
}

const none = (): Sums => Object.fromEntries(COUNTED.map((name) => [name, 0])) as Sums

/** The sums of rows, of all and by unit in the order of their names: those that an open period would have now. */
export function countsOf(rows: readonly Row[]): Counts {
  const all = none()
  const units = new Map<string, Sums & { unit: string }>()
  for (const row of rows) {
    const unit = units.get(row.unit) ?? { unit: row.unit, ...none() }
    units.set(row.unit, unit)
    for (const sums of [all, unit]) {
      sums[row.origin] += 1
      sums[row.outcome] += 1
      sums.late += row.late ? 1 : 0
    }
  }
  return { all, units: [...units.values()].sort((a, b) => a.unit.localeCompare(b.unit, 'zh')) }
}

/** The rows that a figure counts; all for none. */
export function rowsOf(rows: readonly Row[], counted: Counted | ''): Row[] {
  if (counted === '') return [...rows]
  if (counted === 'late') return rows.filter((row) => row.late)
  return rows.filter((row) => row.origin === counted || row.outcome === counted)
}

/** The day of the next Friday in China; today when it is one. */
export function nextFriday(now: Date): string {
  const noon = new Date(`${dayOf(now)}T12:00:00+08:00`)
  const ahead = (5 - new Date(noon.getTime() + 8 * 3_600_000).getUTCDay() + 7) % 7
  return dayOf(new Date(noon.getTime() + ahead * 86_400_000))
}

/** A day and a time of day (18:00) in China as an instant. */
export const instantOf = (day: string, time: string): string => `${day}T${time}:00+08:00`

/** The number of the next one in a series in a year: one more than the last, 1 in a new year. */
export function nextNumber(series: Series | null, day: string): number {
  const year = Number(day.slice(0, 4))
  return Math.max(0, ...(series?.periods ?? []).filter((each) => each.year === year).map((each) => each.number)) + 1
}
