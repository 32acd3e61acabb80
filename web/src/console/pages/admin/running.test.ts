import { expect, test } from 'vitest'
import { backupIsOld, gigabytes } from './running'

test('no backup is as bad as an old one', () => {
  expect([null, 90_000, 95_000].map(backupIsOld)).toEqual([true, false, true])
})

test('sizes are said in the unit that one reads', () => {
  expect([gigabytes(4_200_000), gigabytes(12_340_000_000)]).toEqual(['4.2 MB', '12.3 GB'])
})
