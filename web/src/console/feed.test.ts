import { expect, test } from 'vitest'
import { mayAsk, TOUCHED_MS } from './feed'

test('a page that nobody sees or touches asks nothing, so that its sign-in can end', () => {
  expect(mayAsk(true, 0, 1000)).toBe(true)
  expect(mayAsk(false, 0, 1000)).toBe(false)
  expect(mayAsk(true, 0, TOUCHED_MS)).toBe(false)
})
