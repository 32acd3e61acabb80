/** Counties' tables as the API has them, with the report of the look at them. */
export interface Fault {
  line: number
  cell: string
  code: string
  message: { 'zh-CN': string; en: string }
}

export interface Change {
  finding: string
  number: string
  line: number
  n: number
  fields: Record<string, [before: string | null, after: string | null]>
}

export interface Report {
  rows: number
  matched: number
  new: number
  changed: number
  same: number
  columns: Record<string, string>
  unknown_columns: string[]
  faults: number
  warnings: number
  fault_list?: Fault[]
  warning_list?: Fault[]
  changes?: Change[]
}

/** The periods whose blank table one may have, and the cell that one's office speaks for. */
export interface Offered {
  cell: string | null
  periods: { id: string; cell: string; topic: string | null; year: number; number: number; cut_off: string }[]
}

/** A finding that a county's table does not have, or that came back without a word. */
export interface LeftOut {
  finding: string
  number: string
  site: string | null
  office: string | null
  why: string
}

export interface CountyTable {
  id: string
  cell: string
  name: string
  sha256: string
  state: 'checked' | 'refused' | 'applied'
  at: string
  applied_at: string | null
  report: Report
}

export type Next = 'mend' | 'apply' | 'nothing' | 'done'

/** What is to be done with a table after the look at it. */
export function nextFor(table: CountyTable): Next {
  if (table.state === 'applied') return 'done'
  if (table.state === 'refused') return 'mend'
  return table.report.new + table.report.changed > 0 ? 'apply' : 'nothing'
}
