import { expect, test } from 'vitest'
import { Keeper } from './keeper'

function slow() {
  const written: number[] = []
  const ends: (() => void)[] = []
  const write = (value: number) => new Promise<void>((resolve) => ends.push(() => (written.push(value), resolve())))
  return { written, ends, write }
}

test('while one value is being written, only the newest of the others waits', async () => {
  const { written, ends, write } = slow()
  const keeper = new Keeper<number>(write, () => {})
  for (const value of [1, 2, 3]) keeper.keep(value)
  ends.shift()!()
  await Promise.resolve()
  await Promise.resolve()
  ends.shift()!()
  await keeper.settled()
  expect(written).toEqual([1, 3])
})

test('a write that fails is said, and the next change is written all the same', async () => {
  const said: string[] = []
  let full = true
  const written: number[] = []
  const keeper = new Keeper<number>(
    async (value) => {
      if (full) throw new Error('no space left')
      written.push(value)
    },
    (state) => said.push(state),
  )
  keeper.keep(1)
  await keeper.settled()
  full = false
  keeper.keep(2)
  await keeper.settled()
  expect([said, written]).toEqual([['keeping', 'failed', 'keeping', 'kept'], [2]])
})
