import { expect, test } from 'vitest'
import { wayToInstall } from './installing'

test('who has the app on the home screen is asked nothing', () => {
  expect(wayToInstall(true, true, 'iPhone')).toBe('none')
})

test('the browser installs where it can, and an iPhone is told where its menu is', () => {
  expect(wayToInstall(false, true, 'Android')).toBe('offered')
  expect(wayToInstall(false, false, 'iPhone')).toBe('by-menu')
  expect(wayToInstall(false, false, 'Android')).toBe('none')
})
