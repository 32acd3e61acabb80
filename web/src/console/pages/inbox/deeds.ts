/** What somebody may do with a finding that an office has, beside and with the steps that the server names. */
import type { Query } from '../../api'
import { begunOf } from '../../parts/begun'
import type { Role } from '../../session'
import { openHop, waitingExtension, type FindingDetail } from './case'

export type DeedName =
  | 'sign-for'
  | 'reply'
  | 'pass-on'
  | 'ask-return'
  | 'ask-extension'
  | 'park'
  | 'grant-return'
  | 'refuse-return'
  | 'grant-extension'
  | 'refuse-extension'
  | 'take-back'
  | 'redo'

export interface MayTake {
  action: string
  to: string
  needs: string[]
}

/** What a deed asks for: a reason (`note!`: must be there), an office, days from now, or a day that may be left out. */
export const ASKS: Record<DeedName, readonly ('note' | 'note!' | 'office' | 'days' | 'day' | 'day?' | 'files')[]> = {
  'sign-for': [],
  reply: ['note!', 'files'],
  'pass-on': ['office', 'note'],
  'ask-return': ['note!'],
  'ask-extension': ['days', 'note!'],
  park: ['day', 'note!'],
  'grant-return': ['note!'],
  'refuse-return': ['note'],
  'grant-extension': ['day', 'note'],
  'refuse-extension': ['note'],
  'take-back': ['note!'],
  redo: ['day?', 'note'],
}

const STEPS: Partial<Record<DeedName, { to: string; from?: string }>> = {
  'sign-for': { to: 'rectifying' },
  reply: { to: 'feedback' },
  redo: { to: 'rectifying' },
  'take-back': { to: 'registered' },
  'grant-return': { to: 'registered' },
}

/** The deeds that are open to a role, the likeliest first. `mine`: the finding is with the own office or area. */
export function deedsOf(finding: FindingDetail, role: Role, may: readonly MayTake[]): DeedName[] {
  const actions = new Set(may.map((each) => each.action))
  const hop = openHop(finding)
  const dispatcher = role === 'supervisor' || role === 'admin'
  const found: DeedName[] = []
  if (hop && dispatcher && hop.return && actions.has('take-back')) found.push('grant-return', 'refuse-return')
  if (hop && dispatcher && waitingExtension(hop)) found.push('grant-extension', 'refuse-extension')
  for (const action of ['sign-for', 'reply', 'redo'] as const) if (actions.has(action)) found.push(action)
  if (hop && actions.size > 0 && (dispatcher || role === 'handler')) {
    found.push('pass-on')
    if (!hop.return) found.push('ask-return')
    if (!waitingExtension(hop)) found.push('ask-extension')
    found.push('park')
    if (!hop.return && actions.has('take-back')) found.push('take-back')
  }
  return found
}

export interface Said {
  note: string
  office: string
  days: number
  day: string | null
  documents: string[]
  photos: string[]
}

/** What somebody has begun to say of a finding; it stays until it is said. */
export const saidOf = begunOf<Said>('deed', nothingSaid)

export function nothingSaid(): Said {
  return { note: '', office: '', days: 3, day: null, documents: [], photos: [] }
}

export interface Request {
  method: 'POST' | 'PUT' | 'DELETE'
  path: string
  body: Query | Record<string, unknown>
}

/** The request that a deed is. `state` is the one that was seen, so that the second of two people is told. */
export function requestOf(
  deed: DeedName,
  id: string,
  state: string,
  said: Said,
  due: string | null,
  now: Date,
): Request {
  const at = `/findings/${id}`
  const note = said.note.trim() || null
  const step = STEPS[deed]
  if (step) {
    const files = deed === 'reply' ? { documents: said.documents, photos: said.photos } : {}
    const term = deed === 'redo' && said.day ? { due_at: endOf(said.day) } : {}
    return { method: 'POST', path: `${at}/steps`, body: { from: state, to: step.to, note, ...files, ...term } }
  }
  switch (deed) {
    case 'pass-on':
      return { method: 'POST', path: `${at}/pass`, body: { office: said.office, note } }
    case 'ask-return':
      return { method: 'POST', path: `${at}/return`, body: { note } }
    case 'refuse-return':
      return { method: 'DELETE', path: `${at}/return`, body: { note } }
    case 'ask-extension':
      return { method: 'POST', path: `${at}/extension`, body: { note, due_at: laterBy(due, said.days, now) } }
    case 'grant-extension':
      return { method: 'PUT', path: `${at}/extension`, body: { note, due_at: endOf(said.day!) } }
    case 'refuse-extension':
      return { method: 'PUT', path: `${at}/extension`, body: { note, due_at: null } }
    default:
      return { method: 'POST', path: `${at}/parking`, body: { note, due_at: endOf(said.day!) } }
  }
}

/** A term so many days later: counted from the term, or from now where it is over or there is none. */
export function laterBy(due: string | null, days: number, now: Date): string {
  const from = due && new Date(due) > now ? new Date(due) : now
  return new Date(from.getTime() + days * 86_400_000).toISOString()
}

/** The last second of a day in China. */
export const endOf = (day: string): string => `${day}T23:59:59+08:00`
