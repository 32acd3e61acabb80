import { expect, test } from 'vitest'
import { cellsLike, pathOf, treeOf, type Cell } from './cells'

const CELLS: Cell[] = [
  { code: '450000', name: '广西', level: 'province', parent: null, has_shape: true },
  { code: '450206', name: '柳江区', level: 'county', parent: '450000', has_shape: true },
  { code: '450206100', name: '拉堡镇', level: 'township', parent: '450206', has_shape: true },
  { code: '990000', name: '孤岛', level: 'county', parent: '99', has_shape: true },
]

test('cells lie below their parents, and one without its parent at the top', () => {
  const [guangxi, island] = treeOf(CELLS)
  expect(guangxi!.children[0]!.children.map((node) => node.name)).toEqual(['拉堡镇'])
  expect(island!.name).toBe('孤岛')
})

test('a cell is called with those above it, but for the highest', () => {
  const byCode = new Map(CELLS.map((cell) => [cell.code, cell]))
  expect(pathOf(byCode, '450206100')).toBe('柳江区 / 拉堡镇')
  expect(pathOf(byCode, '450000')).toBe('广西')
  expect(pathOf(byCode, '123')).toBe('123')
})

test('cells are found by a piece of their name or the beginning of their code, the coarser first', () => {
  expect(cellsLike(CELLS, '江', 9).map((cell) => cell.name)).toEqual(['柳江区'])
  expect(cellsLike(CELLS, '45', 2).map((cell) => cell.code)).toEqual(['450000', '450206'])
})
