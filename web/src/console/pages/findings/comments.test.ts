import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test } from 'vitest'
import { bodyOf, remarkOf, said } from './comments'

beforeEach(() => setActivePinia(createPinia()))

test('what was begun stays with its finding until it is said', () => {
  remarkOf('a').text = ' 请补照片 '
  expect(remarkOf('b').text).toBe('')
  expect(remarkOf('a').text).toBe(' 请补照片 ')
  said('a')
  expect(remarkOf('a').text).toBe('')
})

test('the same words go under one key, other words under another', () => {
  let made = 0
  const key = () => `key-${(made += 1)}`
  remarkOf('c').text = '请补照片'
  expect(bodyOf('c', key)).toEqual({ text: '请补照片', photos: [], once: 'key-1' })
  expect(bodyOf('c', key).once).toBe('key-1')
  remarkOf('c').photos.push('f00d')
  expect(bodyOf('c', key)).toEqual({ text: '请补照片', photos: ['f00d'], once: 'key-2' })
  said('c')
  remarkOf('c').text = '请补照片'
  expect(bodyOf('c', key).once).toBe('key-3')
})
