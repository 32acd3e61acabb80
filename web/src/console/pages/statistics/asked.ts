/** What the statistics are asked for: the same for each part of the page, and as the API names it. */
import type { Query } from '../../api'

export interface FiguresAsked {
  from: string
  to: string
  topic: string
  cell: string
  by: string
}

/** The days and the place; what stands beside findings knows no topic. */
export function placeAndDays({ from, to, cell }: FiguresAsked): Query {
  return { from, to, cell }
}
