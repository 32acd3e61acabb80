import { expect, test } from 'vitest'
import { ago, dayOf, toMinute } from './times'

test("times are told by China's clock, wherever the computer stands", () => {
  expect(toMinute('2026-11-25T23:30:00+00:00')).toBe('2026-11-26 07:30')
  expect(dayOf('2026-11-25T16:00:00Z')).toBe('2026-11-26')
  expect(toMinute(null)).toBe('—')
})

test('how long ago something was is told in its largest unit', () => {
  const now = new Date('2026-11-26T02:00:00Z')
  expect(ago('2026-11-25T22:30:00Z', now, 'en')).toBe('3 hours ago')
  expect(ago('2026-11-26T01:59:50Z', now, 'zh-CN')).toBe('此刻')
  expect(ago('2026-11-20T02:00:00Z', now, 'zh-CN')).toBe('6天前')
})
