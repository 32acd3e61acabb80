import { expect, test } from 'vitest'
import { DEFAULTS, preferencesOf } from './preferences'

test('what was chosen is found again', () => {
  const chosen = { theme: 'night', textSize: 'largest', lockAfterMinutes: 15, askedToInstall: true } as const
  expect(preferencesOf(JSON.stringify(chosen))).toEqual(chosen)
})

test.each([
  null,
  '',
  'null',
  '{',
  '{"theme":"pink","lockAfterMinutes":"soon","textSize":3}',
  '{"lockAfterMinutes":-1}',
])('a stored text that says nothing known (%s) leaves everything as on the first day', (stored) => {
  expect(preferencesOf(stored)).toEqual(DEFAULTS)
})
