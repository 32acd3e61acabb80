import { expect, test } from 'vitest'
import type { Cell } from './cells'
import { areaOf } from './ownArea'

const CELLS: Cell[] = [
  { code: '45', name: '广西', level: 'region', parent: null, has_shape: true },
  { code: '4502', name: '柳州市', level: 'city', parent: '45', has_shape: true },
  { code: '450206', name: '柳江区', level: 'county', parent: '4502', has_shape: true },
]

test('a page begins with the first of one’s own cells; a unit is none', () => {
  expect(areaOf(['LJ-U01', '450206', '4502'], CELLS)).toBe('450206')
})

test('who has the whole region by no grant begins with the first city, and with none before the cells are read', () => {
  expect(areaOf([], CELLS)).toBe('4502')
  expect(areaOf(['450206'], [])).toBe('')
})
