import { expect, test } from 'vitest'
import { countsOf, faultsOf } from './faults'

test("a table's fault is said in the language spoken, a drawing's by its code with its place", () => {
  const report = {
    faults: 2,
    fault_list: [
      { code: 'cell-empty', cell: 'C3', message: { 'zh-CN': 'C3：必填项为空', en: 'C3: empty' } },
      { code: 'overlap', where: '450206100', detail: '3 m²', at: [109.3, 24.2] as [number, number] },
    ],
    warning_list: [{ code: 'gap', where: '450206' }],
  }
  const found = faultsOf(report, 'en')
  expect(found.map((each) => each.what)).toEqual(['C3: empty', 'overlap · 3 m²', 'gap'])
  expect(found.map((each) => each.grave)).toEqual([true, true, false])
  expect(found[1]!.at).toEqual([109.3, 24.2])
})

test('the errors of a file of cells are faults too', () => {
  expect(faultsOf({ error_list: [{ code: 'code-unknown', where: '9' }] }, 'en')).toMatchObject([
    { grave: true, where: '9' },
  ])
})

test('of a report the numbers are shown, lists by their length', () => {
  const report = { faults: 0, fault_list: [], new: ['a', 'b'], rows: 3, by_code: { x: 1 }, sums: {} }
  expect(countsOf(report)).toEqual([
    ['faults', 0],
    ['new', 2],
    ['rows', 3],
  ])
})
