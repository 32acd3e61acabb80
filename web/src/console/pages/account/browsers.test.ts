import { expect, test } from 'vitest'
import { browserOf } from './browsers'

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36', 'Chrome 130 · Windows'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/131.0', 'Edge 131 · Windows'],
  ['Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari 17 · iOS'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140 · Linux'],
])('%s is a browser that a person knows', (agent, name) => expect(browserOf(agent)).toBe(name))

test('a program is no browser', () => {
  expect(browserOf('python-requests/2.32')).toBeNull()
  expect(browserOf(null)).toBeNull()
})
