import { expect, test } from 'vitest'
import { drawnOf, leftOut, placeOf, shownOf } from './dryRunMap'

const square = [
  [
    [109.3, 24.2],
    [109.4, 24.2],
    [109.4, 24.3],
    [109.3, 24.2],
  ],
]
const REPORT = {
  map: {
    type: 'FeatureCollection',
    left_out: 7,
    features: [
      {
        type: 'Feature',
        geometry: { type: 'Polygon', coordinates: square },
        properties: { change: 'removed', id: '450206100', name: '拉堡镇' },
      },
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [109.5, 24.5] },
        properties: { change: 'changed', id: 'LJ-1', name: '拉堡工地', before: [109.6, 24.6] },
      },
    ],
  },
}

test('a shape is shown with its sign and its middle, and a moved site with the way it goes', () => {
  const shown = shownOf(REPORT)
  expect(shown.map(({ change, id, at }) => [change, id, at.map((each) => Number(each.toFixed(3)))])).toEqual([
    ['removed', '450206100', [109.35, 24.25]],
    ['changed', 'LJ-1', [109.5, 24.5]],
  ])
  const drawn = drawnOf(shown, [], null, null)
  expect(drawn.changes!.features.map((each) => each.properties.sign)).toEqual(['−', '~'])
  expect(drawn.track!.features.map((each) => each.geometry.coordinates)).toEqual([
    [
      [109.6, 24.6],
      [109.5, 24.5],
    ],
  ])
  expect(leftOut(REPORT)).toBe(7)
})

test('a fault lies at its own place, or in the middle of the cell that it names, or nowhere', () => {
  const shown = shownOf(REPORT)
  const fault = { grave: true, what: '', where: '450206100', at: null }
  expect(placeOf({ ...fault, at: [1, 2] }, shown)).toEqual([1, 2])
  expect(placeOf(fault, shown)!.map((each) => Number(each.toFixed(2)))).toEqual([109.35, 24.25])
  expect(placeOf({ ...fault, where: 'C3' }, shown)).toBeNull()
  const marks = drawnOf(shown, [{ ...fault, where: 'C3' }, fault], null, [1, 2])
  expect(marks.fire_points!.features.map((each) => each.properties.id)).toEqual(['1'])
  expect(marks.me!.features).toHaveLength(1)
})

test('a report without a map draws nothing', () => {
  expect(shownOf({})).toEqual([])
  expect(leftOut({})).toBe(0)
})
