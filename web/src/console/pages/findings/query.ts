/** What findings are asked for: one query for the list, the map and the total, as it stands in the page's address. */
import type { Query } from '../../api'

/** What the form offers. */
export const FIELDS = [
  'text',
  'cell',
  'topic',
  'state',
  'severity',
  'found_from',
  'found_to',
  'unit',
  'campaign',
  'flag',
  'waiting',
  'figure',
] as const
/** What other pages' links narrow by besides; each is shown and can be taken away. */
export const LINKED = ['site', 'office', 'responsible_unit', 'township', 'as_of', 'period', 'bbox'] as const
/** How it is looked at: the list or the map, where the map stands, and the order of the list. */
export const LOOK = ['view', 'at', 'sort'] as const
/** The orders of the list, as the API names them; the first is its own. */
export const SORTS = ['newest', 'oldest', 'deadline', 'severity', 'changed'] as const
export const NAMES = [...FIELDS, ...LINKED, ...LOOK] as const

export type Narrowed = Record<(typeof NAMES)[number], string>

/** The query as the API takes it, without how it is looked at and what is empty. */
export function queryOf(asked: Partial<Narrowed>): Query {
  const said = [...FIELDS, ...LINKED].map((name) => [name, asked[name] ?? ''] as const)
  return Object.fromEntries(said.filter(([, value]) => value !== ''))
}

/** The query of the list, which has an order besides; one that nobody knows is left out. */
export function listOf(asked: Partial<Narrowed>): Query {
  const sort = SORTS.find((each) => each === asked.sort)
  return { ...queryOf(asked), ...(sort && sort !== SORTS[0] ? { sort } : {}) }
}

/** How many things the list is narrowed by. */
export const narrowedBy = (asked: Partial<Narrowed>): number => Object.keys(queryOf(asked)).length
