/** What the statistics are asked for: the same for each part of the page, and as the API names it. */
import type { Query } from '../../api'

export interface FiguresAsked {
  from: string
  to: string
  topic: string
  cell: string
  by: string
  /** The id of a frozen period; its findings may be older than `from`. */
  period: string
}

/** Which findings: those of a frozen period, or those found in the days. */
export function whichFindings({ period, ...asked }: FiguresAsked): Query {
  return period ? { period, cell: asked.cell, topic: asked.topic } : { ...placeAndDays(asked), topic: asked.topic }
}

/** The days and the place; what stands beside findings knows no topic. */
export function placeAndDays({ from, to, cell }: Pick<FiguresAsked, 'from' | 'to' | 'cell'>): Query {
  return { from, to, cell }
}
