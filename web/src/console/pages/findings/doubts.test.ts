import { expect, test, vi } from 'vitest'
import type { Api } from '../../api'
import { doubtsOf, doubtsOfAll, vouches } from './doubts'

const photo = { id: 'p', sha256: 'f00d', role: 'before', stored: true }
const cell = {
  scheme: 'admin',
  code: '450206100',
  name: null,
  confidence: 1,
  method: 'inside',
  version: null,
  candidates: [],
}
const plain = {
  flags: [],
  cells: [cell],
  photos: [photo],
  photo_flags: [],
  evidence_lacks: [],
  grade: 'lead',
}
const flag = (sha256: string) => ({
  sha256,
  code: 'reused',
  text: { zh: '照片曾用过', en: 'Used before' },
  found_at: '',
})

test('a finding with its photo, in a cell for sure, leaves nothing to ask', () => {
  expect(doubtsOf(plain)).toEqual([])
  expect(doubtsOf({ ...plain, evidence_lacks: ['no-administrative-inspection'] })).toEqual([])
})

test('flags, a doubtful place, missing photos and flagged ones are all named', () => {
  const found = doubtsOf({
    ...plain,
    flags: [{ code: 'possible-duplicate', detail: null, finding: 'other' }],
    cells: [{ ...cell, confidence: 0.62 }],
    photos: [photo, { ...photo, stored: false }],
    photo_flags: [flag('f00d'), flag('beef')],
  })
  expect(found).toEqual([
    { kind: 'flag', code: 'possible-duplicate', finding: 'other' },
    { kind: 'confidence', n: 62 },
    { kind: 'photo-missing', n: 1 },
    { kind: 'photo', code: 'reused', text: { zh: '照片曾用过', en: 'Used before' }, n: 2 },
  ])
})

test('what evidence lacks is a doubt of evidence alone', () => {
  expect(doubtsOf({ ...plain, grade: 'evidence', evidence_lacks: ['officers-uncertified'] })).toEqual([
    { kind: 'evidence', code: 'officers-uncertified' },
  ])
  expect(doubtsOf({ ...plain, photos: [] })).toEqual([{ kind: 'no-photo' }])
})

test('a doubtful cell that a flag names is not named twice', () => {
  const flags = [{ code: 'cell-doubtful', detail: null }]
  expect(doubtsOf({ ...plain, flags, cells: [{ ...cell, confidence: 0.5 }] })).toHaveLength(1)
})

test('of several, one that is not to be seen is a doubt and hides none of the others', async () => {
  const post = vi.fn(async () => ({
    items: [plain, { ...plain, photos: [] }].map((each, n) => ({ ...each, id: 'ab'[n] })),
  }))
  const found = await doubtsOfAll(['a', 'gone', 'b'], { post } as unknown as Api)
  expect([...found]).toEqual([
    ['a', []],
    ['gone', [{ kind: 'unread' }]],
    ['b', [{ kind: 'no-photo' }]],
  ])
  expect(post.mock.calls).toEqual([['/findings/to-verify', { ids: ['a', 'gone', 'b'] }]])
})

test('very many are asked for in parts, and a part without an answer is doubtful as a whole', async () => {
  const ids = Array.from({ length: 450 }, (_, n) => `${n}`)
  const seen: number[] = []
  const post = vi.fn(async (_: string, asked: { ids: string[] }) => {
    if (asked.ids.includes('200')) throw new Error('no line')
    return { items: asked.ids.map((id) => ({ ...plain, id })) }
  })
  const found = await doubtsOfAll(ids, { post } as unknown as Api, (n) => seen.push(n))
  expect(ids.filter((id) => found.get(id)!.length > 0)).toEqual(ids.slice(200, 400))
  expect(seen).toEqual([200, 400, 450])
})

test('only what takes a report for true is asked about', () => {
  expect(['verify', 'close-at-once', 'reject', 'dispatch'].filter(vouches)).toEqual(['verify', 'close-at-once'])
})
