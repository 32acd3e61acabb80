import { expect, test } from 'vitest'
import { curvesOf, isNew, isSignature, type Point } from './strokes'

const at = (x: number, y: number): Point => ({ x, y, p: 0.5 })
const wave = Array.from({ length: 40 }, (_, i) => at(i * 4, 50 + 20 * Math.sin(i / 3)))

test('curves join where the one before ended, from the first point to the last', () => {
  const curves = curvesOf(wave)
  expect(curves[0]!.from).toEqual(wave[0])
  expect(curves.at(-1)!.to).toEqual(wave.at(-1))
  for (let i = 1; i < curves.length; i++) expect(curves[i]!.from).toEqual(curves[i - 1]!.to)
})

test('a fast stroke is thinner than a slow one, and no curve much wider than its neighbour', () => {
  const slow = curvesOf(Array.from({ length: 20 }, (_, i) => at(i * 2, 0)))
  const fast = curvesOf(Array.from({ length: 20 }, (_, i) => at(i * 30, 0)))
  expect(fast.at(-1)!.width).toBeLessThan(slow.at(-1)!.width)
  for (let i = 1; i < fast.length; i++) expect(Math.abs(fast[i]!.width - fast[i - 1]!.width)).toBeLessThan(1.1)
})

test('a dot is drawn too, and is no signature', () => {
  expect(curvesOf([at(3, 3)])).toHaveLength(1)
  expect(isSignature([[at(3, 3)], [at(9, 9), at(12, 9)]])).toBe(false)
  expect(isSignature([wave])).toBe(true)
})

test('a point that hardly moved is no new one', () => {
  expect([isNew(undefined, at(0, 0)), isNew(at(0, 0), at(1, 1)), isNew(at(0, 0), at(2, 0))]).toEqual([
    true,
    false,
    true,
  ])
})
