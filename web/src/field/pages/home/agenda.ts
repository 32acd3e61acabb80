/** What the day asks of an inspector, out of the rows on the device. */
import type { Campaign, Finding, FirePoint, RosterEntry, Task } from '../../rows'
import type { FieldDatabase } from '../../sync/database'
import { mine, onDuty, pooled, underWay, whenDue } from '../tasks/plan'

export interface Rows {
  tasks: Task[]
  campaigns: Campaign[]
  roster: RosterEntry[]
  findings: Finding[]
  firePoints: FirePoint[]
}

export interface Agenda {
  /** My tasks that are late or due today, and those of the coming week. */
  due: Task[]
  soon: Task[]
  poolSize: number
  duty: RosterEntry[]
  campaigns: Campaign[]
  /** Fire points that wait for somebody on the spot: mine first, then the oldest. */
  firePoints: FirePoint[]
  /** Said to be rectified, so to be looked at again; the deadline that is nearest first. */
  recheck: Finding[]
  returned: Finding[]
}

export const NO_ROWS: Rows = { tasks: [], campaigns: [], roster: [], findings: [], firePoints: [] }

const TO_RECHECK = ['feedback', 'recheck', 'look_back']

/** The rows that a day can ask about, by their states: not the thousands that are closed. */
export async function rowsOfTheDay(db: FieldDatabase): Promise<Rows> {
  const inStates = async <T>(type: string, states: string[]): Promise<T[]> => {
    const found = await db.rows
      .where('[type+row.state]')
      .anyOf(states.map((state) => [type, state]))
      .toArray()
    return found.map(({ row }) => row as T)
  }
  const roster = await db.rows.where({ type: 'roster_entry' }).toArray()
  return {
    tasks: await inStates<Task>('task', ['open', 'taken']),
    campaigns: await inStates<Campaign>('campaign', ['running']),
    roster: roster.map(({ row }) => row as unknown as RosterEntry),
    findings: await inStates<Finding>('finding', [...TO_RECHECK, 'returned']),
    firePoints: await inStates<FirePoint>('fire_point', ['open']),
  }
}

export function agendaOf(rows: Rows, me: string, now: Date): Agenda {
  const own = mine(rows.tasks, me).sort((a, b) => a.due_at.localeCompare(b.due_at))
  return {
    due: own.filter((task) => ['overdue', 'today'].includes(whenDue(task, now))),
    soon: own.filter((task) => whenDue(task, now) === 'week'),
    poolSize: pooled(rows.tasks).length,
    duty: onDuty(rows.roster, me, now),
    campaigns: underWay(rows.campaigns, now),
    firePoints: rows.firePoints.filter((point) => point.state === 'open' && forMe(point, me)).sort(mineThenOldest(me)),
    recheck: rows.findings.filter((finding) => TO_RECHECK.includes(finding.state)).sort(byDeadline),
    returned: rows.findings.filter((finding) => finding.state === 'returned').sort(byDeadline),
  }
}

function forMe(point: FirePoint, me: string): boolean {
  return point.assignee === null || point.assignee.id === me
}

function mineThenOldest(me: string) {
  return (a: FirePoint, b: FirePoint): number =>
    Number(b.assignee?.id === me) - Number(a.assignee?.id === me) || a.first_at.localeCompare(b.first_at)
}

function deadlineOf(finding: Finding): string {
  return finding.case?.due_at ?? finding.deadline_at ?? '9'
}

function byDeadline(a: Finding, b: Finding): number {
  return deadlineOf(a).localeCompare(deadlineOf(b)) || a.id.localeCompare(b.id)
}
