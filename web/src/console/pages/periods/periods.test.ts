import { expect, test } from 'vitest'
import { countsOf, nextFriday, nextNumber, rowsOf, seriesOf, type Period, type Row } from './periods'

const period = (more: Partial<Period>): Period =>
  ({ cell: '450206', topic: null, campaign: null, year: 2026, number: 1, state: 'frozen', ...more }) as Period
const row = (unit: string, origin: Row['origin'], outcome: Row['outcome'], late = false): Row =>
  ({ unit, origin, outcome, late }) as Row

const ROWS = [
  row('住建局', 'carried', 'closed'),
  row('住建局', 'new', 'open', true),
  row('城管局', 'reopened', 'open'),
  row('城管局', 'new', 'removed'),
]

test('a cell, a topic and a campaign make series of their own, each with its newest period first', () => {
  const [dust, all] = seriesOf([
    period({ number: 1, cut_off: '2026-11-06T10:00:00Z' }),
    period({ number: 1, topic: 'dust', cut_off: '2026-11-27T10:00:00Z', state: 'open' }),
    period({ number: 2, cut_off: '2026-11-13T10:00:00Z' }),
  ])
  expect(dust).toMatchObject({ topic: 'dust', open: { state: 'open' } })
  expect(all!.periods.map((each) => each.number)).toEqual([2, 1])
  expect(all!.open).toBeNull()
})

test('in every unit what came in equals what stood', () => {
  const { all, units } = countsOf(ROWS)
  for (const sums of [all, ...units]) {
    expect(sums.carried + sums.new + sums.reopened).toBe(sums.closed + sums.transferred + sums.removed + sums.open)
  }
  expect(all).toMatchObject({ carried: 1, new: 2, late: 1, reopened: 1, open: 2 })
  expect(units.find((each) => each.unit === '住建局')).toMatchObject({
    carried: 1,
    new: 1,
    late: 1,
    closed: 1,
    open: 1,
  })
})

test('a figure leads to the rows that it counts', () => {
  expect(rowsOf(ROWS, '')).toHaveLength(4)
  expect(rowsOf(ROWS, 'late')).toEqual([ROWS[1]])
  expect(rowsOf(ROWS, 'open')).toEqual([ROWS[1], ROWS[2]])
})

test('the next Friday is by the clock of China, and today when it is one', () => {
  expect(nextFriday(new Date('2026-11-26T02:00:00Z'))).toBe('2026-11-27')
  expect(nextFriday(new Date('2026-11-26T17:00:00Z'))).toBe('2026-11-27')
  expect(nextFriday(new Date('2026-11-27T17:00:00Z'))).toBe('2026-12-04')
})

test('numbers go up within a year and begin again with the next', () => {
  const [series] = seriesOf([period({ number: 46, cut_off: '2026-11-20T10:00:00Z' })])
  expect(nextNumber(series!, '2026-11-27')).toBe(47)
  expect(nextNumber(series!, '2027-01-01')).toBe(1)
  expect(nextNumber(null, '2026-11-27')).toBe(1)
})
