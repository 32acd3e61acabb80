import { expect, test } from 'vitest'
import { takeOver } from './updates'

function worker() {
  const told: unknown[] = []
  return { told, postMessage: (message: unknown) => told.push(message) }
}

test('a newer version is not told to start while something is on its way', async () => {
  const newer = worker()
  expect(await takeOver(newer, async () => false)).toBe(false)
  expect(newer.told).toEqual([])
})

test('it takes over when everything is with the server', async () => {
  const newer = worker()
  expect(await takeOver(newer, async () => true)).toBe(true)
  expect(newer.told).toEqual([{ type: 'SKIP_WAITING' }])
})
