import { expect, test } from 'vitest'
import { declared, visitsOf } from './draws'

test('visits name sites and officers, and who is not known any more keeps the id', () => {
  const visits = [{ site: 's1', class: 'key', officers: ['u1', 'u2'], missing: 0 }]
  const drawn = { result: { visits }, names: { s1: '工地', u1: '韦敏' }, publication: null }
  expect(visitsOf(drawn)).toEqual([
    { site: 's1', siteName: '工地', class: 'key', officers: ['韦敏', 'u2'], missing: 0 },
  ])
})

test('a declared conflict stands once, by the name chosen last', () => {
  const first = { user: 'u1', site: 's1', said: '韦敏 × 工地' }
  const other = { user: 'u1', site: 's2', said: '韦敏 × 料场' }
  expect(declared([first, other], { ...first, said: '韦敏 × 新名' })).toEqual([
    other,
    { ...first, said: '韦敏 × 新名' },
  ])
})
