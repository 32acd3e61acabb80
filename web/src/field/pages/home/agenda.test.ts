import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import type { Finding, FirePoint, Task } from '../../rows'
import { FieldDatabase } from '../../sync/database'
import { agendaOf, NO_ROWS, rowsOfTheDay } from './agenda'

const NOW = new Date(2026, 10, 26, 9, 0)
const on = (day: number, hour = 12): string => new Date(2026, 10, day, hour).toISOString()
const ids = (found: { id: string }[]): string[] => found.map((each) => each.id)

function task(id: string, due_at: string, assignee: string | null = 'wei'): Task {
  const who = assignee === null ? null : { id: assignee, name: assignee }
  return { id, due_at, not_before: null, state: who ? 'taken' : 'open', assignee: who } as Task
}

function fire(id: string, first_at: string, assignee: string | null, state = 'open'): FirePoint {
  return { id, first_at, state, assignee: assignee === null ? null : { id: assignee, name: assignee } } as FirePoint
}

function finding(id: string, state: string, deadline_at: string | null = null): Finding {
  return { id, state, deadline_at, case: null } as Finding
}

test('today asks for what is late and what is due by midnight; the week is shown apart', () => {
  const tasks = [task('friday', on(27)), task('noon', on(26)), task('late', on(20)), task('free', on(26), null)]
  const agenda = agendaOf({ ...NO_ROWS, tasks }, 'wei', NOW)
  expect([ids(agenda.due), ids(agenda.soon), agenda.poolSize]).toEqual([['late', 'noon'], ['friday'], 1])
})

test("fire points that are mine come first, a colleague's and answered ones not at all", () => {
  const firePoints = [
    fire('new, free', on(26, 8), null),
    fire('old, free', on(26, 6), null),
    fire('mine', on(26, 8), 'wei'),
    fire("colleague's", on(26, 5), 'qin'),
    fire('answered', on(26, 5), 'wei', 'answered'),
  ]
  expect(ids(agendaOf({ ...NO_ROWS, firePoints }, 'wei', NOW).firePoints)).toEqual(['mine', 'old, free', 'new, free'])
})

test('findings to be rechecked and those sent back are told apart, the nearest deadline first', () => {
  const findings = [
    finding('no deadline', 'feedback'),
    finding('tomorrow', 'recheck', on(27)),
    finding('today', 'feedback', on(26)),
    finding('sent back', 'returned'),
    finding('closed', 'closed'),
  ]
  const agenda = agendaOf({ ...NO_ROWS, findings }, 'wei', NOW)
  expect(ids(agenda.recheck)).toEqual(['today', 'tomorrow', 'no deadline'])
  expect(ids(agenda.returned)).toEqual(['sent back'])
})

test('the rows of the day are found by their states, and what is over is not read', async () => {
  const db = new FieldDatabase('a day')
  const put = (type: string, row: { id: string; state?: string }): Promise<unknown> =>
    db.rows.put({ key: `${type}|${row.id}`, type, id: row.id, rev: 1, seq: 1, scopes: [], entered: {}, row })
  for (const state of ['feedback', 'returned', 'closed', 'registered']) await put('finding', { id: state, state })
  for (const state of ['open', 'taken', 'done']) await put('task', { id: state, state })
  for (const state of ['open', 'answered']) await put('fire_point', { id: state, state })
  await put('roster_entry', { id: 'tonight' })
  const rows = await rowsOfTheDay(db)
  expect([rows.findings, rows.tasks, rows.firePoints, rows.roster].map(ids)).toEqual([
    ['feedback', 'returned'],
    ['open', 'taken'],
    ['open'],
    ['tonight'],
  ])
})
