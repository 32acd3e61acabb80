import { expect, test } from 'vitest'
import { boundsOf, circle, collection, line, point } from './features'

test('the box about what is drawn holds points, lines and areas', () => {
  const drawn = [
    collection([point({ lon: 109.4, lat: 24.3 }, {})]),
    undefined,
    collection([
      line([
        [109.1, 24.5],
        [109.2, 24.1],
      ]),
    ]),
  ]
  expect(boundsOf(drawn)).toEqual([109.1, 24.1, 109.4, 24.5])
  expect(boundsOf([collection([])])).toBeNull()
})

test('a circle is closed and as wide in metres as asked', () => {
  const ring = (circle({ lon: 109.4, lat: 24.3 }, 1_000).geometry.coordinates as number[][][])[0]!
  expect(ring[0]).toEqual(ring.at(-1))
  const [west, south, east, north] = boundsOf([collection([circle({ lon: 109.4, lat: 24.3 }, 1_000)])])!
  expect((north - south) * 111.32).toBeCloseTo(2, 5)
  expect((east - west) * 111.32 * Math.cos((24.3 * Math.PI) / 180)).toBeCloseTo(2, 5)
})
