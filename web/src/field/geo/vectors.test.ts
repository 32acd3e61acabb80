/** Held to the server's own answers: tests/geo/vectors.json, which a test there makes anew and compares. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { canonical, fromCgcs2000, type Datum } from './datum'
import { distanceM } from './distance'
import { gridOf, type CellCollection } from './grid'
import { locate } from './locate'
import { insideOf, touches } from './rings'

type Share = [code: string, share: number]
interface Vectors {
  grid: CellCollection
  places: [
    number,
    number,
    number | null,
    string | null,
    string,
    Share[],
    Share[],
    string | null,
    number,
    string | null,
  ][]
  datums: [Datum, number, number, number, number, number, number][]
  distances: [number, number, number, number, number][]
}
const path = new URL('../../../../tests/geo/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(path, 'utf-8')) as Vectors
const grid = gridOf(vectors.grid)

/** Shares are areas; the two libraries sum them in another order. */
const near = (shares: Share[]): unknown[] => shares.map(([code, share]) => [code, expect.closeTo(share, 5)])

test('every point has the same cell, by the same rule, the same square and the same BeiDou code', () => {
  expect(vectors.places.length).toBeGreaterThan(2000)
  const told = vectors.places.map(([lon, lat, accuracy]) => {
    const found = locate(lon, lat, grid, accuracy)
    return [lon, lat, found.code, found.method, found.square, found.beidou]
  })
  const said = vectors.places.map(([lon, lat, , code, method, , , square, , beidou]) => [
    ...[lon, lat, code, method, square, beidou],
  ])
  expect(told).toEqual(said)
})

test('every point has the same confidence in its cell, those above, its rivals and its square', () => {
  for (const [lon, lat, accuracy, , , chain, candidates, , squareShare] of vectors.places) {
    const found = locate(lon, lat, grid, accuracy)
    const where = `${lon} ${lat} ${accuracy}`
    expect([where, found.chain.map((each) => [each.code, each.confidence])]).toEqual([where, near(chain)])
    expect(new Map(found.candidates), where).toEqual(new Map(near(candidates) as [string, number][]))
    expect(found.squareConfidence, where).toBeCloseTo(squareShare, 5)
  }
})

test('datums are exchanged as on the server, to the last decimal that is stored', () => {
  for (const [datum, lon, lat, x, y, outLon, outLat] of vectors.datums) {
    expect([datum, ...canonical(lon, lat, datum)]).toEqual([datum, x, y])
    const there = fromCgcs2000(lon, lat, datum)
    expect(there[0]).toBeCloseTo(outLon, 10)
    expect(there[1]).toBeCloseTo(outLat, 10)
  }
})

test('distances are those of the ellipsoid, to a millimetre', () => {
  for (const [ax, ay, bx, by, metres] of vectors.distances) {
    expect(Math.abs(distanceM([ax, ay], [bx, by]) - metres)).toBeLessThan(0.001)
  }
})

test('the name of a cell stands inside of it', () => {
  for (const { shape, code } of grid.cells) {
    if (shape === null) continue
    const { lon, lat } = insideOf(shape)
    expect([code, touches(shape, lon, lat)]).toEqual([code, true])
  }
})
