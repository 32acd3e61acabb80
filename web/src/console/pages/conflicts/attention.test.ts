import { expect, test } from 'vitest'
import { argumentsOf, textOf } from './attention'

test('an op says its arguments, without what is empty', () => {
  const body = JSON.stringify({ cmd: 'finding.comment', args: { text: '已通知', photos: [], note: null } })
  expect(argumentsOf(body)).toEqual([['text', '已通知']])
})

test('an op that cannot be read says nothing, and breaks nothing', () => {
  expect(argumentsOf('{ broken')).toEqual([])
  expect(argumentsOf('7')).toEqual([])
})

test('a place is told by its coordinates and how sure they are', () => {
  expect(textOf({ lon: 109.33, lat: 24.2, accuracy_m: 8.4, datum: 'WGS84' })).toBe('109.33000, 24.20000 ± 8 m WGS84')
  expect(textOf(null)).toBe('—')
  expect(textOf(['a', 2])).toBe('a, 2')
})
