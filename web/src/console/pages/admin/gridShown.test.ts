import { expect, test } from 'vitest'
import type { Cell } from '../../parts/cells'
import { shownOf } from './gridShown'

const cell = (code: string, parent: string | null, has_shape: boolean): Cell => ({
  ...{ code, name: code, level: 'any', parent, has_shape },
})
const CELLS = [
  ...[cell('45', null, false), cell('4502', '45', false), cell('4503', '45', false), cell('4504', '45', false)],
  ...[cell('450206', '4502', true), cell('450305', '4503', true), cell('450206101', '450206', true)],
  cell('450206101200', '450206101', false),
]

test('an area shows the cells right below it, or the nearest further below that have a shape', () => {
  expect(shownOf(CELLS, '450206')).toEqual({ below: ['450206'], only: null })
  expect(shownOf(CELLS, '45')).toEqual({ below: ['4502', '4503'], only: null })
})

test('an area with nothing drawn below it shows itself or what it lies in, and an unknown one nothing', () => {
  expect(shownOf(CELLS, '450206101')).toEqual({ below: ['450206'], only: '450206101' })
  expect(shownOf(CELLS, '450206101200')).toEqual({ below: ['450206'], only: '450206101' })
  expect(shownOf(CELLS, '99')).toEqual({ below: [], only: null })
})
