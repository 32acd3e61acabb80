import { expect, test } from 'vitest'
import type { CaseStep, Hop } from './finding'
import { chapters } from './history'

const step = (n: number, minute: number): CaseStep => ({ n, at: `2026-11-26T02:0${minute}:00Z` }) as CaseStep
const hop = (id: string, from: number, until: number | null): Hop =>
  ({ id, given_at: `2026-11-26T02:0${from}:00Z`, ended_at: until && `2026-11-26T02:0${until}:00Z` }) as Hop

test('steps stand under the stay with an office that they fell in', () => {
  const told = chapters([step(1, 0), step(2, 1), step(3, 2), step(4, 3), step(5, 4)], [hop('a', 2, 3)])
  expect(told.map((each) => [each.hop?.id ?? null, each.steps.map((one) => one.n)])).toEqual([
    [null, [1, 2]],
    ['a', [3, 4]],
    [null, [5]],
  ])
})

test('what is passed on belongs to the office that it comes to', () => {
  const told = chapters([step(1, 1), step(2, 3)], [hop('a', 1, 3), hop('b', 3, null)])
  expect(told.map((each) => each.hop?.id)).toEqual(['a', 'b'])
})

test('a stay without a step of its own is told all the same', () => {
  expect(chapters([], [hop('a', 1, null)])).toEqual([{ hop: hop('a', 1, null), steps: [] }])
})
