import { expect, test } from 'vitest'
import { nearestFirst } from './nearest'
import { newest, type ChecklistRow } from './packs'
import { isIn, toggled } from './phrases'

const row = (code: string, version: string, retired_at: string | null = null): ChecklistRow => ({
  ...{ id: `${code}@${version}`, code, version, pack: version, title: { zh: code, en: code } },
  ...{ published_at: '2026-01-01T00:00:00Z', retired_at },
})
const NOW = new Date('2026-11-26T02:00:00Z')

test('the newest version counts by number, and a retired one is not offered', () => {
  const rows = [row('dust', '2024.9'), row('dust', '2024.10'), row('voc', '2026.1', '2026-02-01T00:00:00Z')]
  expect(newest(rows, NOW).map((each) => each.id)).toEqual(['dust@2024.10'])
  expect(newest([row('voc', '2026.1', '2027-01-01T00:00:00Z')], NOW)).toHaveLength(1)
})

test('the nearest come first, those without a place last', () => {
  const at = (name: string, lon: number | null) => ({ name, location: lon === null ? null : { lon, lat: 24.3 } })
  const found = nearestFirst([at('unknown', null), at('far', 110), at('near', 109.41)], { lon: 109.4, lat: 24.3 })
  expect(found.map((each) => each.row.name)).toEqual(['near', 'far', 'unknown'])
  expect(found[0]!.metres).toBeCloseTo(1014.9, 0)
})

test('a ready phrase goes in beside what was typed, and out again without it', () => {
  const both = toggled('东侧缺口3米。', '围挡倒伏')
  expect([both, isIn(both, '围挡倒伏'), toggled(both, '围挡倒伏')]).toEqual([
    '东侧缺口3米；围挡倒伏',
    true,
    '东侧缺口3米',
  ])
  expect(toggled('', '围挡倒伏')).toBe('围挡倒伏')
  expect(isIn('围挡倒伏严重', '围挡倒伏')).toBe(false)
})
