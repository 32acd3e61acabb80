/** Tasks put in the order of the day: what is late, what is due today, this week, later. */
import { dayOf, daysBetween } from '../../format'
import type { Campaign, RosterEntry, Task } from '../../rows'

export type When = 'overdue' | 'today' | 'week' | 'later' | 'not-yet'

export function whenDue(task: Pick<Task, 'due_at' | 'not_before'>, now: Date): When {
  if (Date.parse(task.due_at) < now.getTime()) return 'overdue'
  if (task.not_before !== null && Date.parse(task.not_before) > now.getTime()) return 'not-yet'
  const days = daysBetween(dayOf(now), dayOf(new Date(task.due_at)))
  if (days === 0) return 'today'
  return days < 7 ? 'week' : 'later'
}

const ORDER: When[] = ['overdue', 'today', 'week', 'later', 'not-yet']

/** Tasks by when they are due, the nearest first; groups without a task are left out. */
export function grouped(tasks: Task[], now: Date): { when: When; tasks: Task[] }[] {
  const sorted = [...tasks].sort((a, b) => a.due_at.localeCompare(b.due_at) || a.id.localeCompare(b.id))
  return ORDER.map((when) => ({ when, tasks: sorted.filter((task) => whenDue(task, now) === when) })).filter(
    (group) => group.tasks.length > 0,
  )
}

export function mine(tasks: Task[], me: string): Task[] {
  return tasks.filter((task) => task.state === 'taken' && task.assignee?.id === me)
}

/** What anybody of the area may take. */
export function pooled(tasks: Task[]): Task[] {
  return tasks.filter((task) => task.state === 'open' && task.assignee === null)
}

/** The page on which a task's work is begun, with all that the task says about it. */
export function startOf(task: Pick<Task, 'id' | 'kind' | 'source' | 'site' | 'checklist'>): {
  path: string
  query: Record<string, string>
} {
  const { id, kind, source, site, checklist } = task
  const query = { task: id, ...(site && { site }), ...(checklist && { checklist }) }
  if (source?.type === 'finding' && (kind === 're-inspection' || kind === 'look-back')) {
    return { path: `/recheck/${source.id}`, query: { task: id } }
  }
  return { path: kind === 'patrol' ? '/patrol' : '/inspection/new', query }
}

export interface Days {
  /** Which day of how many it is; null before the first and after the last. */
  day: number | null
  of: number
  left: number
}

export function daysOf(campaign: Pick<Campaign, 'first_day' | 'last_day'>, now: Date): Days {
  const today = dayOf(now)
  const of = daysBetween(campaign.first_day, campaign.last_day) + 1
  const day = daysBetween(campaign.first_day, today) + 1
  return { day: day >= 1 && day <= of ? day : null, of, left: Math.max(0, daysBetween(today, campaign.last_day)) }
}

/** Running ones whose days have come, the one that ends first before the others. */
export function underWay(campaigns: Campaign[], now: Date): Campaign[] {
  return campaigns
    .filter((each) => each.state === 'running' && daysOf(each, now).day !== null)
    .sort((a, b) => a.last_day.localeCompare(b.last_day) || a.code.localeCompare(b.code))
}

/** Somebody's own hours on duty from now until the end of tomorrow, in their order. */
export function onDuty(roster: RosterEntry[], me: string, now: Date): RosterEntry[] {
  const until = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 2)
  return roster
    .filter((each) => each.user === me && !each.cancelled)
    .filter((each) => Date.parse(each.ends_at) > now.getTime() && Date.parse(each.starts_at) < until.getTime())
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at))
}
