import { expect, test } from 'vitest'
import type { Campaign, RosterEntry } from '../../rows'
import { choices } from './choices'

const NOW = new Date('2026-11-26T10:30:00Z')
const campaign = (id: string, state: string, asks = false) =>
  ({ id, name: id, state, asks_for_tracks: asks }) as unknown as Campaign
const duty = (more: object) =>
  ({
    ...{ campaign: 'b', user: 'wei', cell: '450206100', cancelled: false },
    ...{ starts_at: '2026-11-26T18:00:00+08:00', ends_at: '2026-11-26T20:00:00+08:00', ...more },
  }) as unknown as RosterEntry

test('campaigns that run may be chosen, the one of my duty now first, with its cells', () => {
  const all = [campaign('a', 'running'), campaign('b', 'running', true), campaign('c', 'ended'), campaign('d', 'draft')]
  expect(choices(all, [duty({}), duty({ cell: '450206103' })], 'wei', NOW)).toMatchObject([
    { id: 'b', onDuty: true, cells: ['450206100', '450206103'], asksForTracks: true },
    { id: 'a', onDuty: false, cells: [] },
  ])
})

test("another person's duty, one that was cancelled and one of another hour are not mine now", () => {
  const roster = [duty({ user: 'luo' }), duty({ cancelled: true }), duty({ starts_at: '2026-11-26T19:00:00+08:00' })]
  expect(choices([campaign('b', 'running')], roster, 'wei', NOW)[0]!.onDuty).toBe(false)
})
