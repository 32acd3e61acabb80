import { expect, test } from 'vitest'
import { delayOf, found, newestApp, standingOf, type Device } from './devices'

const NOW = new Date('2026-11-26T02:00:00Z')
const device = (more: Partial<Device>): Device => ({
  ...{ id: '1', user: 'wei', display_name: '韦敏', name: '韦敏的手机', platform: 'Android 14', app: '1.9.2' },
  enrolled_at: '2026-11-01T00:00:00Z',
  last_seen_at: '2026-11-25T23:00:00Z',
  revoked_at: null,
  streams: [],
  last_op_at: null,
  last_op_delay_s: null,
  ...more,
})

test('a device that is not seen for a week is silent, and a revoked one is revoked', () => {
  expect(standingOf(device({}), NOW)).toBe('in-use')
  expect(standingOf(device({ last_seen_at: '2026-11-18T00:00:00Z' }), NOW)).toBe('silent')
  expect(standingOf(device({ last_seen_at: null }), NOW)).toBe('silent')
  expect(standingOf(device({ revoked_at: '2026-11-20T00:00:00Z' }), NOW)).toBe('revoked')
})

test('devices are found by person, name, platform or version', () => {
  const all = [device({}), device({ user: 'luo', display_name: '罗芳', name: '平板', platform: 'iPadOS 18' })]
  expect(found(all, 'ipados', '', NOW).map((each) => each.user)).toEqual(['luo'])
  expect(found(all, '韦', 'in-use', NOW).map((each) => each.user)).toEqual(['wei'])
  expect(found(all, '', 'revoked', NOW)).toEqual([])
})

test('the newest app is told by numbers, and of devices in use', () => {
  const revoked = device({ app: '2.0.0', revoked_at: '2026-11-20T00:00:00Z' })
  expect(newestApp([device({}), device({ app: '1.10.0' }), revoked])).toBe('1.10.0')
})

test('a delay is told in its largest unit, and a short one not at all', () => {
  expect(delayOf(59)).toBeNull()
  expect(delayOf(7 * 3600 + 59)).toEqual(['hour', 7])
  expect(delayOf(3 * 86_400)).toEqual(['day', 3])
})
