/** How the area stands this morning: each number with the list that it is counted from. */
import type { Api, Page } from '../../api'

export interface Number {
  name: string
  /** Null while it is counted, or when it could not be. */
  count: number | null
  /** There are more than are counted. */
  more?: boolean
  error?: unknown
  /** Where its list is. */
  to: { name: string; query?: Record<string, string> }
  /** Somebody waits, or something burns. */
  urgent: boolean
}

interface Queue {
  held: unknown[]
  conflicts: unknown[]
  unreadable: unknown[]
}

const findings = (name: string, query: Record<string, string>, urgent = false): Number => ({
  ...{ name, count: null, urgent },
  to: { name: 'findings', query },
})

/** The numbers in the order of a morning. `hasRoute`: which pages this console has. */
export function numbers(hasRoute: (name: string) => boolean): Number[] {
  return [
    findings('new', { state: 'submitted' }),
    { name: 'places', count: null, urgent: false, to: { name: 'conflicts', query: { tab: 'places' } } },
    findings('overdue', { figure: 'overdue' }, true),
    findings('returns', { waiting: 'return,extension' }, true),
    findings('returned', { state: 'returned' }),
    findings('recheck', { state: 'feedback' }),
    { name: 'held', count: null, urgent: false, to: { name: 'conflicts', query: { tab: 'held' } } },
    { name: 'conflicts', count: null, urgent: false, to: { name: 'conflicts' } },
    { name: 'fires', count: null, urgent: true, to: { name: 'fires', query: { state: 'open' } } },
    {
      ...{ name: 'proposals', count: null, urgent: false },
      to: hasRoute('supervision') ? { name: 'supervision' } : { name: 'findings', query: { figure: 'overdue' } },
    },
  ]
}

/** Count one of them. */
export async function counted(of: Number, api: Api, attention: () => Promise<Queue>): Promise<Number> {
  try {
    return { ...of, ...(await count(of, api, attention)) }
  } catch (error) {
    return { ...of, error }
  }
}

async function count(
  of: Number,
  api: Api,
  attention: () => Promise<Queue>,
): Promise<{ count: number; more?: boolean }> {
  const total = async (path: string, query: Record<string, string> = {}) => {
    const page = await api.get<Page<unknown>>(path, { query: { ...query, limit: 1, total: true } })
    return { count: page.total ?? 0, more: page.total_exceeded ?? false }
  }
  switch (of.name) {
    case 'held': {
      const { held, unreadable } = await attention()
      return { count: held.length + unreadable.length }
    }
    case 'conflicts':
      return { count: (await attention()).conflicts.length }
    case 'places': {
      const { items, more } = await api.get<{ items: unknown[]; more: boolean }>('/doubtful-places')
      return { count: items.length, more }
    }
    case 'fires':
      return total('/fire-points', of.to.query)
    case 'proposals':
      return total('/supervision', { state: 'proposed' })
    default:
      return total('/findings', of.to.query)
  }
}
