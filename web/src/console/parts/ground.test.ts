import { expect, test } from 'vitest'
import { Api } from '../api'
import { groundOf } from './ground'

const square = (code: string, west: number) => ({
  type: 'Feature',
  properties: { code },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [west, 24],
        [west + 1, 24],
        [west + 1, 25],
        [west, 24],
      ],
    ],
  },
})

/** A county of two townships. */
const county = () => {
  const asked: string[] = []
  const api = new Api((url) => {
    asked.push(String(url))
    return Promise.resolve(Response.json({ features: [square('450206100', 109), square('450206102', 111)] }))
  })
  return { api, asked }
}

test('a county lies about its townships', async () => {
  const { api, asked } = county()
  expect(await groundOf(['450206'], api)).toEqual([109, 24, 112, 25])
  expect(asked).toEqual(['/api/v1/cells?format=geojson&level=township&below=450206'])
})

test('a village is looked for in its township', async () => {
  expect(await groundOf(['450206102003'], county().api)).toEqual([111, 24, 112, 25])
})

test('what is no administrative code, and much at once, is nowhere in particular', async () => {
  expect(await groundOf([], county().api)).toBeNull()
  expect(await groundOf(['unassigned'], county().api)).toBeNull()
  expect(await groundOf(['450201', '450202', '450203', '450204', '450205'], county().api)).toBeNull()
})
