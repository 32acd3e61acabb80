import { expect, test } from 'vitest'
import { listOf, narrowedBy, queryOf } from './query'

test('the list, the map and the total are asked the same, whichever is looked at', () => {
  const asked = { topic: 'dust,straw', text: '', view: 'map', at: '109,24,9', office: 'x' }
  expect(queryOf(asked)).toEqual({ topic: 'dust,straw', office: 'x' })
  expect(narrowedBy(asked)).toBe(2)
})

test('the list alone has an order, and an unknown one is its own', () => {
  const asked = { topic: 'dust', sort: 'deadline' }
  expect(listOf(asked)).toEqual({ topic: 'dust', sort: 'deadline' })
  expect(queryOf(asked)).toEqual({ topic: 'dust' })
  expect(listOf({ sort: 'newest' })).toEqual({})
  expect(listOf({ sort: 'prettiest' })).toEqual({})
})
