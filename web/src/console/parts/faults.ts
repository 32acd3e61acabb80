/** What a dry run says: faults and warnings of every kind of file in one form, and where they lie on a map. */
export interface RawFault {
  code: string
  where?: string | number | null
  cell?: string
  detail?: string
  message?: Record<string, string>
  at?: [number, number]
}

export interface Report {
  fault_list?: RawFault[]
  /** What a file of cells calls them. */
  error_list?: RawFault[]
  warning_list?: RawFault[]
  [count: string]: unknown
}

export interface Fault {
  grave: boolean
  where: string
  what: string
  at: [number, number] | null
}

/** Faults first, then warnings, as they stand in the report; `why` is the word for a code. */
export function faultsOf(report: Report, language: string, why = (code: string): string => code): Fault[] {
  const read = (grave: boolean) => (raw: RawFault) => ({
    grave,
    where: String(raw.where ?? raw.cell ?? ''),
    what: raw.message?.[language] ?? [why(raw.code), raw.detail].filter(Boolean).join(' · '),
    at: raw.at ?? null,
  })
  return [
    ...(report.fault_list ?? report.error_list ?? []).map(read(true)),
    ...(report.warning_list ?? []).map(read(false)),
  ]
}

/** The counts of a report in its own order: rows 12, new 3 …; lists by their length. */
export function countsOf(report: Report): [string, number][] {
  return Object.entries(report)
    .filter(([name]) => !['fault_list', 'error_list', 'warning_list', 'unknown_columns'].includes(name))
    .map(([name, value]): [string, unknown] => [name, Array.isArray(value) ? value.length : value])
    .filter((pair): pair is [string, number] => typeof pair[1] === 'number')
}
