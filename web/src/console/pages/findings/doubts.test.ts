import { expect, test } from 'vitest'
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
  comments: [],
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

test('of several, one that cannot be read is a doubt and stops none of the others', async () => {
  const seen: number[] = []
  const api = {
    get: <T>(path: string): Promise<T> =>
      path.endsWith('bad') ? Promise.reject(new Error('gone')) : Promise.resolve(plain as T),
  }
  const found = await doubtsOfAll(['a', 'bad', 'b'], api, (n) => seen.push(n))
  expect(found.get('a')).toEqual([])
  expect(found.get('bad')).toEqual([{ kind: 'unread' }])
  expect(seen).toEqual([1, 2, 3])
})

test('only what takes a report for true is asked about', () => {
  expect(['verify', 'close-at-once', 'reject', 'dispatch'].filter(vouches)).toEqual(['verify', 'close-at-once'])
})
