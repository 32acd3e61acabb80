/** Tasks, rules and draws as the API has them; what is said in a form as the API takes it. */
export interface Person {
  id: string
  name: string
}

export interface Task {
  id: string
  kind: string
  title: string
  note: string | null
  site: string | null
  cell: string | null
  checklist: string | null
  campaign: string | null
  not_before: string | null
  due_at: string
  pool: string | null
  assignee: Person | null
  companions: Person[]
  /** What it came of: a finding that is to be looked at again, say. */
  source: { type: string; id: string } | null
  state: string
}

export interface TaskRule extends Omit<Task, 'not_before' | 'due_at' | 'companions' | 'source'> {
  rule: string
  opens: string
  closes: string
  days: number
  holidays: string
  first_day: string
  last_day: string | null
  hindrance: string | null
  next: { day: string; not_before: string; due_at: string; assumed: boolean }[]
}

export interface Draw {
  id: string
  area: string
  quarter: string
  round: number
  reason: string | null
  algorithm: string
  seed: string
  seed_origin: string
  inputs_sha256: string
  result_sha256: string
  at: string
}

export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

export interface Every {
  freq: 'DAILY' | 'WEEKLY' | 'MONTHLY'
  interval: number
  weekdays: string[]
  /** Days of the month, -1 is the last. */
  days: number[]
}

/** A rule of RFC 5545, as far as the API knows it. */
export function ruleOf({ freq, interval, weekdays, days }: Every): string {
  const byDay = WEEKDAYS.filter((day) => weekdays.includes(day)).join(',')
  const parts = [
    `FREQ=${freq}`,
    interval > 1 ? `INTERVAL=${interval}` : '',
    freq === 'WEEKLY' && byDay ? `BYDAY=${byDay}` : '',
    freq === 'MONTHLY' && days.length ? `BYMONTHDAY=${[...days].sort((a, b) => a - b).join(',')}` : '',
  ]
  return parts.filter(Boolean).join(';')
}

/** What a rule says, taken apart again. */
export function everyOf(rule: string): Every {
  const said = Object.fromEntries(rule.split(';').map((part) => part.split('=') as [string, string]))
  return {
    freq: (said.FREQ ?? 'DAILY') as Every['freq'],
    interval: Number(said.INTERVAL ?? 1),
    weekdays: said.BYDAY?.split(',') ?? [],
    days: said.BYMONTHDAY?.split(',').map(Number) ?? [],
  }
}

/** What was typed, without what was left empty: the API takes a name that is not there for "none". */
export function filled<T extends Record<string, unknown>>(form: T): Partial<T> {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '' && value !== null)) as Partial<T>
}

/** The minute of a form's clock, which is China's, as an instant. */
export const instantOf = (local: string): string => (local ? `${local.replace(' ', 'T')}:00+08:00` : '')
