import { expect, test } from 'vitest'
import type { Campaign, RosterEntry, Task } from '../../rows'
import { daysOf, grouped, mine, onDuty, pooled, startOf, underWay } from './plan'

const NOW = new Date(2026, 10, 26, 9, 30)
const at = (day: number, hour = 18): string => new Date(2026, 10, day, hour).toISOString()

function task(id: string, due: string, more: Partial<Task> = {}): Task {
  const taken = { state: 'taken' as const, assignee: { id: 'wei', name: '韦敏' } }
  return { id, due_at: due, not_before: null, ...taken, ...more } as Task
}

test('tasks stand in the order in which they press', () => {
  const tasks = [
    task('next month', new Date(2026, 11, 20).toISOString()),
    task('saturday', at(28)),
    task('tonight', at(26, 22)),
    task('noon', at(26, 12)),
    task('yesterday', at(25)),
    task('this morning', at(26, 9)),
    task('not before friday', at(28), { not_before: at(27) }),
  ]
  expect(grouped(tasks, NOW).map((group) => [group.when, group.tasks.map((each) => each.id)])).toEqual([
    ['overdue', ['yesterday', 'this morning']],
    ['today', ['noon', 'tonight']],
    ['week', ['saturday']],
    ['later', ['next month']],
    ['not-yet', ['not before friday']],
  ])
})

test("what is mine, what anybody may take, and what is a colleague's or over", () => {
  const tasks = [
    task('mine', at(26)),
    task('free', at(26), { state: 'open', assignee: null }),
    task("colleague's", at(26), { assignee: { id: 'qin', name: '覃强' } }),
    task('over', at(26), { state: 'done' }),
  ]
  expect([mine(tasks, 'wei'), pooled(tasks)].map((some) => some.map((each) => each.id))).toEqual([['mine'], ['free']])
})

test('a campaign counts its days, the first and the last included', () => {
  const campaign = { first_day: '2026-11-25', last_day: '2026-11-30' }
  expect(daysOf(campaign, NOW)).toEqual({ day: 2, of: 6, left: 4 })
  expect(daysOf(campaign, new Date(2026, 10, 30, 23, 59))).toEqual({ day: 6, of: 6, left: 0 })
  expect(daysOf(campaign, new Date(2026, 11, 1)).day).toBeNull()
})

test('campaigns that have ended, or have not begun, are not under way', () => {
  const campaign = (code: string, state: string, first_day: string, last_day: string): Campaign =>
    ({ code, state, first_day, last_day }) as Campaign
  const all = [
    campaign('long', 'running', '2026-11-01', '2026-12-31'),
    campaign('short', 'running', '2026-11-26', '2026-11-26'),
    campaign('ended', 'ended', '2026-11-01', '2026-12-31'),
    campaign('next', 'running', '2026-11-27', '2026-12-31'),
  ]
  expect(underWay(all, NOW).map((each) => each.code)).toEqual(['short', 'long'])
})

test("one's own duty of today and tomorrow, without what is over or called off", () => {
  const entry = (id: string, starts_at: string, ends_at: string, more: Partial<RosterEntry> = {}): RosterEntry =>
    ({ id, starts_at, ends_at, user: 'wei', cancelled: false, ...more }) as RosterEntry
  const roster = [
    entry('tomorrow', at(27), at(27, 23)),
    entry('tonight', at(26), at(27, 1)),
    entry('last night', at(25), at(26, 1)),
    entry('next week', new Date(2026, 11, 3).toISOString(), new Date(2026, 11, 4).toISOString()),
    entry('called off', at(26), at(27), { cancelled: true }),
    entry("colleague's", at(26), at(27), { user: 'qin' }),
  ]
  expect(onDuty(roster, 'wei', NOW).map((each) => each.id)).toEqual(['tonight', 'tomorrow'])
})

test('the work of a task is begun where it is done, with the site and checklist that the task names', () => {
  const inspection = { id: 't', kind: 'inspection', source: null, site: 's', checklist: 'dust-liujiang' }
  expect(startOf(inspection)).toEqual({
    path: '/inspection/new',
    query: { task: 't', site: 's', checklist: 'dust-liujiang' },
  })
  const recheck = { ...inspection, kind: 're-inspection', source: { type: 'finding', id: 'f' } }
  expect(startOf(recheck)).toEqual({ path: '/recheck/f', query: { task: 't' } })
  const patrol = { ...inspection, kind: 'patrol', site: null, checklist: null }
  expect(startOf(patrol)).toEqual({ path: '/patrol', query: { task: 't' } })
})
