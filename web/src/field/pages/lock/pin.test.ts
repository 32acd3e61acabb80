import { describe, expect, test } from 'vitest'
import { afterWrong, matches, NO_TRIES, sealed, waitLeft, weakness, type Tries } from './pin'

const FEW = 1000

test('the right PIN opens and another does not', async () => {
  const record = await sealed('2580', FEW)
  expect([await matches('2580', record), await matches('2581', record)]).toEqual([true, false])
  expect(JSON.stringify(record)).not.toContain('2580')
})

test('the same PIN on two phones is kept differently', async () => {
  const [one, other] = [await sealed('2580', FEW), await sealed('2580', FEW)]
  expect(one.hash).not.toBe(other.hash)
})

test.each([
  ['123', 'length'],
  ['123456789', 'length'],
  ['12a4', 'length'],
  ['0000', 'simple'],
  ['123456', 'simple'],
  ['98765', 'simple'],
  ['2580', null],
  ['1357', null],
])('the PIN %s is weak because of: %s', (pin, why) => {
  expect(weakness(pin)).toBe(why)
})

describe('after wrong tries', () => {
  const wrong = (times: number): Tries =>
    Array.from({ length: times }).reduce<Tries>((tries) => afterWrong(tries, 1_000_000), NO_TRIES)

  test('four cost nothing, the fifth costs half a minute, and the ninth and all later a quarter of an hour', () => {
    const waits = [4, 5, 6, 9, 40].map((times) => waitLeft(wrong(times), 1_000_000) / 1000)
    expect(waits).toEqual([0, 30, 60, 900, 900])
  })

  test('the wait runs down, and a clock put back neither shortens nor lengthens it', () => {
    expect(waitLeft(wrong(5), 1_010_000)).toBe(20_000)
    expect(waitLeft(wrong(5), 1_030_000)).toBe(0)
    expect(waitLeft(wrong(5), 0)).toBe(30_000)
  })
})
