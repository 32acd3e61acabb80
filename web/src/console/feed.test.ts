import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import { api } from './api'
import { mayAsk, TOUCHED_MS, useFeed, whenTold } from './feed'

test('a page that nobody sees or touches asks nothing, so that its sign-in can end', () => {
  expect(mayAsk(true, 0, 1000)).toBe(true)
  expect(mayAsk(false, 0, 1000)).toBe(false)
  expect(mayAsk(true, 0, TOUCHED_MS)).toBe(false)
})

test('what is told anew is heard of, what was there at the first look is not, and an empty feed hears its first', async () => {
  setActivePinia(createPinia())
  const numbers = [[], [], [{ n: 5 }], [{ n: 5 }], [{ n: 9 }, { n: 5 }]]
  vi.spyOn(api, 'get').mockImplementation(async () => ({ items: numbers.shift(), unread: 0 }))
  const run = vi.fn()
  whenTold(run)
  const heard: number[] = []
  while (numbers.length) {
    await useFeed().look()
    await nextTick()
    heard.push(run.mock.calls.length)
  }
  expect(heard).toEqual([0, 0, 1, 1, 2])
})
