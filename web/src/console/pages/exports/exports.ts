/** Files that can be asked for: each kind with its formats and what narrows it; and files as the API tells of them. */
import type { LocationQuery } from 'vue-router'
import { dayBefore } from '../../parts/days'

export type Narrows = 'findings' | 'fires' | 'period' | 'day' | 'month'

export interface Kind {
  formats: readonly string[]
  narrows: Narrows
}

/** As in `backend/services/export_kinds.py`; what an office asks for most comes first. */
export const KINDS: Record<string, Kind> = {
  'weekly-list': { formats: ['xlsx'], narrows: 'findings' },
  ledger: { formats: ['xlsx'], narrows: 'findings' },
  'daily-report': { formats: ['xlsx'], narrows: 'day' },
  'monthly-report': { formats: ['xlsx'], narrows: 'month' },
  'unit-summary': { formats: ['xlsx', 'csv'], narrows: 'findings' },
  'findings-summary': { formats: ['pdf'], narrows: 'findings' },
  'period-summary': { formats: ['pdf'], narrows: 'period' },
  'fire-point-ledger': { formats: ['xlsx'], narrows: 'fires' },
  findings: { formats: ['csv', 'gpkg', 'geojson', 'shp', 'shp-gbk'], narrows: 'findings' },
}

/** What narrows a kind: the names that its form has fields for, and those that only a link brings along. */
export const FIELDS: Record<Narrows, readonly string[]> = {
  findings: [
    'cell',
    'topic',
    'state',
    'severity',
    'found_from',
    'found_to',
    'office',
    'unit',
    'campaign',
    'period',
    'text',
  ],
  fires: ['cell', 'state', 'outcome', 'first_from', 'first_to'],
  period: ['period', 'version'],
  day: ['cell', 'day'],
  month: ['cell', 'month'],
}
/** Without these the server makes no file of a kind. */
const NEEDED: Record<Narrows, readonly string[]> = {
  findings: [],
  fires: [],
  period: ['period'],
  day: ['cell', 'day'],
  month: ['cell', 'month'],
}
const CARRIED: Record<Narrows, readonly string[]> = {
  findings: ['bbox', 'site', 'figure', 'as_of', 'township', 'responsible_unit', 'flag', 'waiting'],
  fires: ['zone', 'source', 'assignee'],
  period: [],
  day: [],
  month: [],
}

export interface Export {
  id: string
  kind: string
  format: string
  filters: Record<string, string>
  language: string
  as_of: string
  asked_by: string
  asked_at: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'expired'
  progress: { done: number; total: number | null }
  seq: number | null
  epoch: string | null
  sha256: string | null
  bytes: number | null
  file_name: string | null
  error: { code: string; detail: string } | null
  finished_at: string | null
  kept_until: string | null
}

export type Wish = Pick<Export, 'kind' | 'format' | 'filters' | 'language'>

/** What a link asks for: its kind, and of its filters those that the kind knows. */
export function wishIn(query: LocationQuery, language: string): Wish {
  const said = (name: string): string => String((Array.isArray(query[name]) ? query[name][0] : query[name]) ?? '')
  const kind = said('kind') in KINDS ? said('kind') : Object.keys(KINDS)[0]!
  const { formats } = KINDS[kind]!
  const format = formats.includes(said('format')) ? said('format') : formats[0]!
  const filters = known(kind, Object.fromEntries(Object.keys(query).map((name) => [name, said(name)])))
  return { kind, format, filters, language }
}

/** The filters that a kind knows and that say something. */
export function known(kind: string, filters: Record<string, string>): Record<string, string> {
  const { narrows } = KINDS[kind]!
  const names = [...FIELDS[narrows], ...CARRIED[narrows]]
  return Object.fromEntries(Object.entries(filters).filter(([name, value]) => names.includes(name) && value !== ''))
}

/** Whether all is said that the server needs for the file. */
export const isWhole = ({ kind, filters }: Pick<Wish, 'kind' | 'filters'>): boolean =>
  NEEDED[KINDS[kind]!.narrows].every((name) => filters[name])

/** The last day or month that is over, of which a report has all that is to come: `2026-11-22` or `2026-11`. */
export function lastWhole(span: 'day' | 'month', today: string): string {
  return span === 'day' ? dayBefore(today) : dayBefore(`${today.slice(0, 7)}-01`).slice(0, 7)
}

export const underWay = (each: Export): boolean => each.state === 'queued' || each.state === 'running'

/** How far one is, in whole percent; null as long as nobody knows how many rows there are. */
export function percentOf(each: Export): number | null {
  const { done, total } = each.progress
  return total ? Math.min(100, Math.floor((100 * done) / total)) : null
}
