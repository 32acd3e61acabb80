import { describe, expect, test } from 'vitest'
import type { FindingView } from '../finding/echo'
import type { TaskRow } from '../finding/rows'
import { actsOf, isOwn, kindOf, missingOf, photosOf, wayOf, type Outcome } from './recheck'
import { waitingOf } from './waiting'

const row = (state: string, part: object = {}) =>
  ({
    id: 'f',
    state,
    case: null,
    merged_into: null,
    found_at: '2026-11-26T10:00:00+08:00',
    ...part,
  }) as unknown as FindingView
const person = (role: string) => ({ id: 'me', name: 'me', role })
const said = (outcome: Outcome, note = '') => ({ outcome, note, photos: [], position: null })
const acts = (state: string, outcome: Outcome, role: string, note = '') =>
  actsOf(row(state), said(outcome, note), person(role), '复查合格').map(({ cmd, args }) =>
    cmd === 'finding.comment' ? args.text : `${args.from}→${args.to}${args.note ? `(${args.note})` : ''}`,
  )

describe('a recheck', () => {
  test('by an inspector begins it and says the result; a supervisor closes', () => {
    expect(acts('feedback', 'pass', 'inspector', '已清理')).toEqual(['feedback→recheck(复查合格：已清理)'])
    expect(acts('recheck', 'pass', 'inspector')).toEqual(['复查合格'])
  })
  test('by a supervisor closes in one go', () => {
    expect(acts('feedback', 'pass', 'supervisor', '已清理')).toEqual(['feedback→recheck', 'recheck→closed(已清理)'])
  })
  test('that does not pass goes back with the reason, whoever does it', () => {
    expect(acts('feedback', 'return', 'inspector', '没有整改')).toEqual([
      ...['feedback→recheck', 'recheck→returned(没有整改)'],
    ])
    expect(acts('recheck', 'return', 'inspector', '没有整改')).toEqual(['recheck→returned(没有整改)'])
  })
  test('is not for whoever said that it was put right', () => {
    const mine = row('feedback', { case: { rectified_by: 'me' } })
    expect([isOwn(mine, person('inspector')), isOwn(row('feedback'), person('inspector'))]).toEqual([true, false])
    expect(isOwn(row('closed', { case: { rectified_by: 'me' } }), person('inspector'))).toBe(false)
  })
})

test('a look-back holds or relapses, begun or not', () => {
  expect(acts('closed', 'pass', 'inspector')).toEqual(['closed→look_back', 'look_back→closed'])
  expect(acts('look_back', 'return', 'inspector', '又堆了')).toEqual(['look_back→reopened(又堆了)'])
})

test('there is nothing to check in other states, nor of a merged finding', () => {
  expect(['submitted', 'rectifying', 'feedback', 'closed'].map((state) => kindOf(row(state)))).toEqual([
    ...[null, null, 'recheck', 'look-back'],
  ])
  expect(kindOf(row('feedback', { merged_into: 'g' }))).toBe(null)
  expect(wayOf(row('submitted'), 'pass', person('inspector'))).toEqual([])
})

test('sending back needs a reason; a pass needs a photo, or the reason why there is none', () => {
  expect(missingOf(said('return'))).toBe('reason')
  expect(missingOf(said('pass'))).toBe('photo-or-reason')
  expect([missingOf(said('pass', '夜间')), missingOf(said('return', '没有整改'))]).toEqual([null, null])
})

test('photos show what was put right, or that it was not', () => {
  const photo = { role: 'after' } as never
  const role = (outcome: Outcome) => photosOf({ ...said(outcome), photos: [photo] })[0]!.role
  expect([role('pass'), role('return')]).toEqual(['after', 'scene'])
})

test('what is to be looked at again comes by its term; a look-back not before its day', () => {
  const task = (kind: string, id: string, due_at: string, not_before: string | null = null): TaskRow =>
    ({
      id: `${kind}${id}`,
      kind,
      state: 'open',
      due_at,
      not_before,
      source: { type: 'finding', id },
    }) as unknown as TaskRow
  const findings = [
    row('closed', { id: 'a' }),
    row('closed', { id: 'b' }),
    row('feedback', { id: 'c' }),
    row('recheck', { id: 'd' }),
    row('rectifying', { id: 'e' }),
  ]
  const tasks = [
    task('look-back', 'a', '2026-11-30T00:00:00Z'),
    task('look-back', 'b', '2026-12-30T00:00:00Z', '2026-12-20T00:00:00Z'),
    task('re-inspection', 'c', '2026-11-27T00:00:00Z'),
  ]
  const now = new Date('2026-11-26T02:00:00Z')
  expect(waitingOf(findings, tasks, now).map((each) => `${each.kind} ${each.finding.id}`)).toEqual([
    ...['recheck c', 'look-back a', 'recheck d'],
  ])
})
