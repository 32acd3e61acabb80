/** Events of the audit trail, and what is asked of it. */
import type { Query } from '../../api'

export interface AuditEvent {
  n: number
  at: string
  actor: string | null
  actor_name: string | null
  action: string
  subject: string | null
  details: Record<string, unknown>
  /** What the ids that it names are called. */
  names: Record<string, string>
}

export interface AuditPage {
  items: AuditEvent[]
  next_cursor: string | null
  complete_since: string | null
}

/** The groups of deeds that are asked for: a dot at the end stands for all that begin so. */
export const DEEDS = [
  'login',
  'login.failed',
  'logout',
  'password.',
  'second-factor.',
  'user.',
  'certificate.',
  'device.',
  'read.',
  'export.',
  'evidence.',
  'paper.',
  'period.',
  'task.',
  'finding.place',
  'op.',
  'checklist.',
  'grid.',
  'site.',
  'fire-point.',
  'unit-link.',
  'web-hook.',
  'audit.shorten',
  'server.restored',
] as const

/** The days of a form as instants, by the clock of China; the last day is included. */
export function queryOf(asked: Record<'actor' | 'action' | 'subject' | 'from' | 'to', string>): Query {
  const { from, to, ...rest } = asked
  return { ...rest, since: from && `${from}T00:00:00+08:00`, until: to && `${dayAfter(to)}T00:00:00+08:00` }
}

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`)
  next.setUTCDate(next.getUTCDate() + 1)
  return next.toISOString().slice(0, 10)
}

/** The key of an action's words: dots would be levels of the words' tree. */
export const wordOf = (action: string): string => `audit.deed.${action.replace(/\./g, '_')}`

/** What an id, or the name of a detail, is called; or nothing. */
export type Called = (id: string) => string | undefined

/** The details of an event in a line: `行数：12；签发人：韦敏`. Only those that have words, `named`; all stand one level down.
 *
 * Ids are named where they can be, hashes cut short.
 */
export function detailsOf(
  details: Record<string, unknown>,
  named: Called,
  called: Called = () => undefined,
  marks: { colon: string; end: string } = { colon: ': ', end: '; ' },
): string {
  const said = (value: unknown): string =>
    Array.isArray(value)
      ? value.map(said).join(', ')
      : typeof value === 'object' && value !== null
        ? wholeDetails(value as Record<string, unknown>).join(', ')
        : (called(String(value)) ?? String(value).replace(HASH, '$1…'))
  return Object.entries(details)
    .filter(([name, value]) => named(name) !== undefined && value !== null && said(value) !== '')
    .map(([name, value]) => `${named(name)}${marks.colon}${said(value)}`)
    .join(marks.end)
}

/** Each detail as it stands in the trail, for the level below. */
export function wholeDetails(details: Record<string, unknown>): string[] {
  return Object.entries(details).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}

const HASH = /^([0-9a-f]{12})[0-9a-f]{52}$/
