import { expect, test } from 'vitest'
import type { PhotoOf, Position } from '../../sync'
import { actOf, emptyProposal, missing } from './proposal'

const HERE = { lon: 109.41, lat: 24.31, datum: 'WGS84', accuracy_m: 6 } as Position

test('a name, a kind and a place are needed, and nothing else', () => {
  expect(missing(emptyProposal('site'), null)).toEqual(['name', 'kind', 'position'])
  expect(missing({ ...emptyProposal('site'), name: ' ', kind: 'quarry' }, HERE)).toEqual(['name'])
  expect(missing({ ...emptyProposal('site'), name: '采石场', kind: 'quarry' }, HERE)).toEqual([])
})

test('what was left empty is not said, and a photo that was taken twice is named once', () => {
  const photo = { sha256: 'a'.repeat(64) } as PhotoOf
  const proposal = { ...emptyProposal('site'), name: ' 采石场 ', kind: 'quarry', phone: ' ', photos: [photo, photo] }
  expect(actOf(proposal, HERE)).toEqual({
    cmd: 'site.propose',
    row: 'site',
    baseRev: null,
    args: { name: '采石场', kind: 'quarry', position: HERE, photos: [photo.sha256] },
  })
})
