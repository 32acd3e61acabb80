import { expect, test } from 'vitest'
import { visitsOf } from './draws'

test('visits name sites and officers, and who is not known any more keeps the id', () => {
  const visits = [{ site: 's1', class: 'key', officers: ['u1', 'u2'], missing: 0 }]
  const drawn = { result: { visits }, names: { s1: '工地', u1: '韦敏' }, publication: null }
  expect(visitsOf(drawn)).toEqual([
    { site: 's1', siteName: '工地', class: 'key', officers: ['韦敏', 'u2'], missing: 0 },
  ])
})
