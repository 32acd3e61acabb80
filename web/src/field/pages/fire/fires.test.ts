import { expect, test } from 'vitest'
import { argsOf, direction, EMPTY, faultsOf, numberOf, toVerify, wayTo, type Answer, type FireRow } from './fires'

const fire = (id: string, lat: number, more: Partial<FireRow> = {}) =>
  ({
    ...{ id, state: 'open', assignee: null, location: { lon: 109.33, lat }, last_at: '2026-11-26T02:00:00Z' },
    ...more,
  }) as FireRow
const HERE = { lon: 109.33, lat: 24.25 }
const person = (id: string) => ({ id, name: id })
const typed = (more: Partial<Answer>): Answer => ({ ...EMPTY, outcome: 'straw', note: '现场已扑灭', ...more })

test('mine come first, then those of nobody, then of others; the nearest first among them', () => {
  const fires = [
    fire('theirs', 24.25, { assignee: person('qin') }),
    fire('far', 24.4),
    fire('near', 24.26),
    fire('mine', 24.9, { assignee: person('wei') }),
    fire('answered', 24.25, { state: 'answered' }),
  ]
  expect(toVerify(fires, 'wei', HERE).map((way) => way.fire.id)).toEqual(['mine', 'near', 'far', 'theirs'])
})

test('without a position the latest seen comes first, and no distance is made up', () => {
  const fires = [fire('old', 24.3), fire('new', 24.9, { last_at: '2026-11-26T05:00:00Z' })]
  expect(toVerify(fires, 'wei', null).map((way) => [way.fire.id, way.metres])).toEqual([
    ['new', null],
    ['old', null],
  ])
})

test('the way says how far and in which direction', () => {
  const way = wayTo(HERE, { lon: 109.34, lat: 24.25 })
  expect(Math.round(way.metres! / 100)).toBe(10)
  expect(direction(way.bearing!)).toBe('e')
  expect([direction(0), direction(350), direction(225)]).toEqual(['n', 'n', 'sw'])
})

test('an answer needs an outcome, and a photo or a word why there is none', () => {
  expect(faultsOf(EMPTY)).toEqual(['outcome', 'photo'])
  expect(faultsOf(typed({}))).toEqual([])
})

test('numbers that are none, below zero or beyond what can be are told', () => {
  expect(faultsOf(typed({ areaMu: '两亩' }))).toEqual(['area'])
  expect(faultsOf(typed({ areaMu: '-1', penaltyYuan: '99999999999' }))).toEqual(['area', 'penalty'])
  expect([numberOf(' １，２００．５ '), numberOf('')]).toEqual([1200.5, null])
})

test('nothing is put out before anybody was there', () => {
  const times = { arrivedAt: '2026-11-26T11:00:00+08:00', extinguishedAt: '2026-11-26T10:59:00+08:00' }
  expect(faultsOf(typed(times))).toEqual(['order'])
})

test('what belongs to a fire is not sent with an answer that says there was none', () => {
  const answer = typed({ crop: '甘蔗叶', areaMu: '2', handling: ['educated'], penaltyYuan: '500' })
  expect(argsOf(answer, null)).toMatchObject({ crop: '甘蔗叶', area_mu: 2, handling: ['educated'], penalty_yuan: 500 })
  expect(argsOf({ ...answer, outcome: 'ruled_out' }, null)).toMatchObject({
    ...{ outcome: 'ruled_out', crop: null, area_mu: null, handling: [], penalty_yuan: null, note: '现场已扑灭' },
  })
})
