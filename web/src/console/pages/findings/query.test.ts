import { expect, test } from 'vitest'
import { listed, narrowedBy, queryOf } from './query'

test('the list, the map and the total are asked the same, whichever is looked at', () => {
  const asked = { topic: 'dust,straw', text: '', view: 'map', at: '109,24,9', office: 'x' }
  expect(queryOf(asked)).toEqual({ topic: 'dust,straw', office: 'x' })
  expect(narrowedBy(asked)).toBe(2)
})

test('several codes stand in one word', () => {
  expect(listed('dust,straw')).toEqual(['dust', 'straw'])
  expect(listed('')).toEqual([])
})
