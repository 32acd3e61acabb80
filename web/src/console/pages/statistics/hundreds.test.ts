import { expect, test } from 'vitest'
import { newestOf, setsOf, type HundredLine } from './hundreds'

const line = (set: string, code: string): HundredLine => ({
  ...{ set, code, name: code, set_name: { zh: set, en: set }, plan: 'p', clause: 'c', confidence: 'read' },
  all: { numerator: 1, denominator: 2, rate: 0.5, query: '', query_of_all: '' },
  items: [{ item: `${set}.hoarding`, numerator: 1, denominator: 2, rate: 0.5, query: '' }],
})

test('the places of a set stand together, the sets in their order', () => {
  const sets = setsOf([line('six', '450205'), line('six', '450206'), line('nine', '450802')])
  expect(sets.map((set) => [set.code, set.lines.map((each) => each.code)])).toEqual([
    ['six', ['450205', '450206']],
    ['nine', ['450802']],
  ])
})

test('of a checklist the version published last counts', () => {
  const versions = [
    { code: 'dust-a', published_at: '2026-01-01', pack: 'old' },
    { code: 'dust-a', published_at: '2026-02-01', pack: 'new' },
    { code: 'straw-a', published_at: '2026-03-01', pack: 'other' },
  ]
  expect(newestOf(versions, 'dust-').map((each) => each.pack)).toEqual(['new'])
})
