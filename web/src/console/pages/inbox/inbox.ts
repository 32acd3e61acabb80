/** What lies in an inbox: the views that a role has of it, what each asks of the list, and the order of its rows. */
import type { Query } from '../../api'
import type { Role } from '../../session'
import type { Finding } from './case'

export type Wanted = 'return' | 'extension'
export interface Entry extends Finding {
  /** What its office has asked for, in the views of requests. */
  wants: Wanted[]
}

export type View = 'decide' | 'returned' | 'sign' | 'working' | 'asked' | 'answered'

/** More than this is not read for one view: it is then narrowed by office or by what is overdue. */
export const MOST = 1000

const REQUESTS: readonly Query[] = [{ waiting: 'return' }, { waiting: 'extension' }]
const ASKS: Record<View, readonly Query[]> = {
  decide: REQUESTS,
  returned: [{ state: 'returned' }],
  sign: [{ state: 'dispatched' }],
  working: [{ state: 'rectifying' }],
  asked: REQUESTS,
  answered: [{ state: 'feedback,recheck,returned,closed,look_back,reopened' }],
}

/** The views of a role, the first one is what it begins with. */
export function viewsOf(role: Role): View[] {
  return role === 'handler' ? ['sign', 'working', 'asked', 'answered'] : ['decide', 'returned', 'sign', 'working']
}

/** What a view asks of the list of findings. A handler's is of the own office, whatever else is wanted. */
export function queriesOf(view: View, role: Role, own: string | null, office: string, overdue: boolean): Query[] {
  const whose = role === 'handler' ? own : office
  return ASKS[view].map((each) => ({ ...each, office: whose || null, figure: overdue ? 'overdue' : null }))
}

/** By term, the earliest first: what is parked counts from the end of that; what has no term comes last. */
export function byTerm<T extends Finding>(findings: readonly T[]): T[] {
  const term = (finding: T): string => finding.case?.parked_until ?? finding.case?.due_at ?? '9999'
  return [...findings].sort((a, b) => Date.parse(term(a)) - Date.parse(term(b)) || a.number.localeCompare(b.number))
}

/** What several questions found, as one list: a finding that two of them found is one entry that wants both. */
export function merged(found: readonly { query: Query; findings: readonly Finding[] }[]): Entry[] {
  const entries = new Map<string, Entry>()
  for (const { query, findings } of found) {
    for (const finding of findings) {
      const entry = entries.get(finding.id) ?? { ...finding, wants: [] }
      if (query.waiting) entry.wants.push(query.waiting as Wanted)
      entries.set(finding.id, entry)
    }
  }
  return [...entries.values()]
}
