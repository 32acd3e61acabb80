import { expect, test } from 'vitest'
import { shownTheme } from './appearance'

test('the theme follows the device until somebody chooses', () => {
  expect([shownTheme('auto', true), shownTheme('auto', false)]).toEqual(['night', 'light'])
  expect([shownTheme('light', true), shownTheme('night', false)]).toEqual(['light', 'night'])
})
