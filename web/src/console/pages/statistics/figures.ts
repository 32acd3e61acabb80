/** Figures and rates as the API has them, the pages on which their rows are seen, and rates as they are written. */
export const FIGURES = ['found', 'rectified', 'closed', 'on_time', 'late', 'overdue', 'repeated'] as const
export type FigureName = (typeof FIGURES)[number]
export const RATES = ['rectification_rate', 'close_out_rate', 'on_time_rate', 'repeat_rate', 'overdue_rate'] as const
export type RateName = (typeof RATES)[number]
export const DIMENSIONS = ['county', 'township', 'unit', 'office', 'responsible_unit', 'topic', 'campaign'] as const

export interface Counted {
  n: number
  query: string | null
}

export interface Share {
  numerator: number
  denominator: number
  rate: number | null
}

export interface Line {
  code: string | null
  name: string | null
  period: string | null
  figures: Record<FigureName, Counted>
  rates: Record<RateName, Share>
  inspections?: Counted
  fire_handling?: { points?: Counted; handled?: Counted; rate: Share }
}

export interface Told {
  as_of: string
  items: Line[]
  total: Line
}

const PAGES: Record<string, string> = {
  '/findings': '/findings',
  '/statistics/hundreds/sites': '/statistics/hundreds',
  '/sites': '/sites',
  '/inspections': '/inspections',
  '/fire-points': '/fires',
}

/** The page of the console that shows the list of an address of the API; null where there is none. */
export function pageOf(query: string | null): string | null {
  if (query === null) return null
  const [path = '', asked] = query.replace(/^\/api\/v1/, '').split('?')
  const page = PAGES[path]
  return page === undefined ? null : asked ? `${page}?${asked}` : page
}

/** A share in per cent, to a tenth: 87.5 %. Nothing to be a share of is said as such. */
export function percent(share: Share | null | undefined): string {
  return share?.rate == null ? '—' : `${Math.round(share.rate * 1000) / 10} %`
}

/** In per cent for a chart; null where there is none, so that no bar says nought. */
export function perCent(rate: number | null | undefined): number | null {
  return rate == null ? null : Math.round(rate * 1000) / 10
}
