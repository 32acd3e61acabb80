/** One deed for many findings: each by itself, with what came of it, and taken back where the states allow. */
import { NoAnswer } from '@shared/problem'
import { api as theApi, type Api } from '../../api'
import type { FindingRow } from './finding'

export type Deed = 'verify' | 'register' | 'dispatch' | 'merge'
export const DEEDS: readonly Deed[] = ['verify', 'register', 'dispatch', 'merge']

export interface Wish {
  note?: string
  office?: string
  due_at?: string
  /** The finding that stays, of a merge. */
  into?: string
}

export interface Outcome {
  row: FindingRow
  /** done, undone, or what went wrong; unsure where no answer came, for it may have been done all the same. */
  state: 'done' | 'undone' | 'failed' | 'unsure'
  error?: unknown
}

const WALKS: Record<Exclude<Deed, 'merge'>, Record<string, readonly string[]>> = {
  verify: { submitted: ['verified'] },
  register: { submitted: ['verified', 'registered'], verified: ['registered'] },
  dispatch: {
    verified: ['registered', 'dispatched'],
    registered: ['dispatched'],
    reopened: ['dispatched'],
  },
}
const LEADS_TO = { verify: 'verified', register: 'registered', dispatch: 'dispatched' } as const
const MERGED_FROM = new Set(['submitted', 'verified', 'registered'])

/** The states that a finding goes through by a deed; null where the deed is not for it. */
export function walkOf(deed: Deed, row: Pick<FindingRow, 'state'>): readonly string[] | null {
  if (deed === 'merge') return MERGED_FROM.has(row.state) ? [] : null
  return WALKS[deed][row.state] ?? null
}

/** Those of the chosen that a deed is for, without the one that the others are merged into. */
export function fitting(deed: Deed, rows: readonly FindingRow[], into?: string): FindingRow[] {
  return rows.filter((row) => walkOf(deed, row) !== null && row.id !== into)
}

/** What can be taken back: a dispatch until it is answered, and a merge. */
export const undoable = (deed: Deed): boolean => deed === 'dispatch' || deed === 'merge'

/** Each step from the state before it; `reached` hears of each, so that half a way is known as such. */
async function walk(
  api: Api,
  row: FindingRow,
  states: readonly string[],
  wish: Wish,
  reached: (now: FindingRow) => void,
): Promise<FindingRow> {
  let now = row
  for (const to of states) {
    const more = to === 'dispatched' ? { office: wish.office, ...(wish.due_at ? { due_at: wish.due_at } : {}) } : {}
    const note = wish.note && to === states.at(-1) ? { note: wish.note } : {}
    now = await api.post<FindingRow>(`/findings/${row.id}/steps`, { from: now.state, to, ...more, ...note })
    reached(now)
  }
  return now
}

/** Do it to one finding. */
export async function doOne(deed: Deed, row: FindingRow, wish: Wish, api: Api = theApi): Promise<Outcome> {
  let now = row
  try {
    if (deed === 'merge') {
      const note = wish.note ? { note: wish.note } : {}
      return {
        row: await api.post<FindingRow>(`/findings/${row.id}/merge`, { into: wish.into, ...note }),
        state: 'done',
      }
    }
    const states = walkOf(deed, row) ?? []
    return { row: await walk(api, row, states, wish, (reached) => (now = reached)), state: 'done' }
  } catch (error) {
    return { row: now, state: error instanceof NoAnswer ? 'unsure' : 'failed', error }
  }
}

/** Do what no answer came for once more: what turns out to be done is not done twice. */
export async function doAgain(deed: Deed, row: FindingRow, wish: Wish, api: Api = theApi): Promise<Outcome> {
  try {
    const now = await api.get<FindingRow>(`/findings/${row.id}`)
    const done = deed === 'merge' ? now.merged_into === wish.into : now.state === LEADS_TO[deed]
    return done ? { row: now, state: 'done' } : doOne(deed, walkOf(deed, now) === null ? row : now, wish, api)
  } catch (error) {
    return { row, state: error instanceof NoAnswer ? 'unsure' : 'failed', error }
  }
}

/** Take back what was done to one finding; the note says why. */
export async function undoOne(deed: Deed, row: FindingRow, note: string, api: Api = theApi): Promise<Outcome> {
  try {
    const path = `/findings/${row.id}`
    const back = await (deed === 'merge'
      ? (api.answer('DELETE', `${path}/merge`, { note }).then((answer) => answer.json()) as Promise<FindingRow>)
      : api.post<FindingRow>(`${path}/steps`, { from: 'dispatched', to: 'registered', note }))
    return { row: back, state: 'undone' }
  } catch (error) {
    return { row, state: 'failed', error }
  }
}
