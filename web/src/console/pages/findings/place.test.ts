import { expect, test } from 'vitest'
import { zoomFor } from './place'

test('a wide circle is seen from farther away than a small one, within what a map can show', () => {
  expect(zoomFor(50, 24)).toBeGreaterThan(zoomFor(500, 24))
  expect(zoomFor(500, 24)).toBeGreaterThan(11)
  expect([zoomFor(1, 24), zoomFor(90_000, 24), zoomFor(0, 24)]).toEqual([18, 11, 15])
})

test('twice the circle is one zoom less', () => expect(zoomFor(100, 24) - zoomFor(200, 24)).toBeCloseTo(1))
