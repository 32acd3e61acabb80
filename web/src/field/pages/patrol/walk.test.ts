import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gridOf, type CellCollection } from '../../geo/grid'
import type { Position } from '../../sync'
import { NOTHING_WALKED, stretchesOf, trackText, walkedOn, worthKeeping, type TrackPoint } from './walk'

const vectors = new URL('../../../../../tests/geo/vectors.json', import.meta.url)
const grid = gridOf((JSON.parse(readFileSync(vectors, 'utf-8')) as { grid: CellCollection }).grid)

const START = Date.UTC(2026, 10, 26, 2)
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString().replace('Z', '+00:00')
const point = (seconds: number, lon = 109.33, lat = 24.255): TrackPoint => ({
  ...{ at: at(seconds), lon, lat, accuracy: 8, datum: 'WGS84' },
})
const fix = (seconds: number, more: Partial<Position> = {}): Position => ({
  ...{ lon: 109.33, lat: 24.255, datum: 'WGS84', accuracy_m: 8, altitude_m: null, provider: 'browser', mock: null },
  ...{ at: at(seconds), ...more },
})

test('a fix becomes a point after some seconds, or after some metres', () => {
  expect(worthKeeping(null, fix(0))).toBe(true)
  expect(worthKeeping(point(0), fix(3))).toBe(false)
  expect(worthKeeping(point(0), fix(3, { lat: 24.2553 }))).toBe(true)
  expect(worthKeeping(point(0), fix(10))).toBe(true)
})

test('a fix of the phone mast, a place put by hand and an older fix are no points of a track', () => {
  expect(worthKeeping(null, fix(0, { accuracy_m: 800 }))).toBe(false)
  expect(worthKeeping(null, fix(0, { provider: 'manual', accuracy_m: null }))).toBe(false)
  expect(worthKeeping(point(20), fix(10))).toBe(false)
})

test('what was walked is metres, cells and squares, and no way is made up across a gap', () => {
  const way = [point(0), point(60, 109.33, 24.256), point(600, 109.21, 24.285), point(660, 109.21, 24.286)]
  const walked = walkedOn(NOTHING_WALKED, way, grid)
  expect(walked.metres).toBeGreaterThan(215)
  expect(walked.metres).toBeLessThan(225)
  expect([[...walked.cells], walked.gaps]).toEqual([['450206100', '450206103'], 1])
  expect(walked.squares.size).toBeGreaterThanOrEqual(2)
  expect(stretchesOf(way).map((stretch) => stretch.length)).toEqual([2, 2])
})

test('point by point gives the same as all at once', () => {
  const way = Array.from({ length: 40 }, (_, i) => point(i * 20, 109.33 + i * 0.001, 24.255))
  let walked = NOTHING_WALKED
  for (let i = 1; i <= way.length; i++) walked = walkedOn(walked, way.slice(0, i), grid)
  expect(walked).toEqual(walkedOn(NOTHING_WALKED, way, grid))
})

test('the track is what the phone gave, under the datum that was declared', () => {
  const gcj = { ...point(0), datum: 'GCJ02' as const }
  expect(JSON.parse(trackText([gcj]))).toEqual({ datum: 'GCJ02', points: [[at(0), 109.33, 24.255, 8]] })
})

test('when the datum was declared anew on the way, the track is in the national one', () => {
  const mixed = JSON.parse(trackText([point(0), { ...point(60), datum: 'GCJ02' }])) as {
    datum: string
    points: number[][]
  }
  expect(mixed.datum).toBe('CGCS2000')
  expect(mixed.points[0]!.slice(1, 3)).toEqual([109.33, 24.255])
  expect(mixed.points[1]![1]).toBeLessThan(109.329)
})
