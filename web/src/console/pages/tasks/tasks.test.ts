import { expect, test } from 'vitest'
import { everyOf, filled, instantOf, ruleOf, type Every } from './tasks'

const every = (more: Partial<Every>): Every => ({ freq: 'DAILY', interval: 1, weekdays: [], days: [], ...more })

test('what is chosen in the form is said as a rule, weekdays in their order', () => {
  expect(ruleOf(every({ interval: 3 }))).toBe('FREQ=DAILY;INTERVAL=3')
  expect(ruleOf(every({ freq: 'WEEKLY', interval: 2, weekdays: ['TH', 'MO'] }))).toBe(
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH',
  )
  expect(ruleOf(every({ freq: 'MONTHLY', days: [15, -1], weekdays: ['MO'] }))).toBe('FREQ=MONTHLY;BYMONTHDAY=-1,15')
})

test('a rule is read back as it was said', () => {
  for (const rule of ['FREQ=DAILY', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH', 'FREQ=MONTHLY;BYMONTHDAY=-1,15']) {
    expect(ruleOf(everyOf(rule))).toBe(rule)
  }
})

test('the clock of a form is that of China, wherever the browser is', () => {
  expect(new Date(instantOf('2026-11-26 18:00')).toISOString()).toBe('2026-11-26T10:00:00.000Z')
  expect(filled({ due_at: instantOf(''), title: 'a', site: null })).toEqual({ title: 'a' })
})
