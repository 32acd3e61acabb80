import { expect, test } from 'vitest'
import { dayOf } from '../../times'
import { byDay, isNow, type OnDuty } from './campaigns'

const row = (id: string, starts_at: string, more: Partial<OnDuty> = {}): OnDuty => ({
  ...{ id, starts_at, ends_at: '2026-11-26T16:00:00Z', cell: '450206100', cell_name: null, place: null },
  ...{ name: '韦', phone: null, duty: 'patrol', cancelled: false, ...more },
})

test('a roster stands day by day by the clock of China, without those taken off', () => {
  const rows = [
    row('b', '2026-11-26T10:00:00Z'),
    row('a', '2026-11-25T17:00:00Z'),
    row('x', '2026-11-26T01:00:00Z', { cancelled: true }),
    row('c', '2026-11-26T17:00:00Z'),
  ]
  expect(byDay(rows, dayOf).map(([day, of]) => [day, of.map((each) => each.id)])).toEqual([
    ['2026-11-26', ['a', 'b']],
    ['2026-11-27', ['c']],
  ])
})

test('who is on duty is so until the hour ends', () => {
  const one = row('a', '2026-11-26T10:00:00Z')
  expect(['09:59', '10:00', '15:59', '16:00'].map((at) => isNow(one, new Date(`2026-11-26T${at}:00Z`)))).toEqual([
    ...[false, true, true, false],
  ])
})
