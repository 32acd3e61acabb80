import { expect, test } from 'vitest'
import { sizeOf } from './sizes'

test('sizes are told as people read them', () => {
  expect([sizeOf(null), sizeOf(10), sizeOf(319_488), sizeOf(4_299_161)]).toEqual(['—', '1 KB', '312 KB', '4.1 MB'])
})
