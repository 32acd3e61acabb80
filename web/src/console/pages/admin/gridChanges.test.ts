import { expect, test } from 'vitest'
import { changesOf } from './gridChanges'

test('what goes comes first, with who holds its ground', () => {
  const rows = changesOf({
    ...{ none: false, looked_at: 0, moved_findings: 0, reparented: [], relevelled: [] },
    added: [{ code: '450206111', name: '新镇', parent: '450206' }],
    removed: [{ code: '450206110', name: '土博镇', successors: [{ code: '450206111', share: 0.98 }] }],
    renamed: [{ code: '450206100', before: '旧名', after: '新名' }],
    moved: [{ code: '450206102', before_m2: 2e6, after_m2: 3e6, gained_m2: 1e6, lost_m2: 0 }],
  })
  expect(rows.map((row) => [row.kind, row.how])).toEqual([
    ['removed', '土博镇 → 450206111 98 %'],
    ['added', '新镇'],
    ['renamed', '旧名 → 新名'],
    ['moved', '2.00 km² → 3.00 km² (+1.00 km², −0.00 km²)'],
  ])
})
