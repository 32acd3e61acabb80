import { expect, test } from 'vitest'
import { menuOf, type MenuEntry } from './menu'

const entry = (name: string, group: MenuEntry['group'], order: number, roles?: MenuEntry['roles']): MenuEntry => ({
  ...{ name, group, order, roles },
  label: name,
  icon: {},
})

const ENTRIES = [
  entry('audit', 'manage', 90, ['admin']),
  entry('people', 'manage', 10, ['admin', 'supervisor']),
  entry('today', 'work', 10, ['supervisor', 'admin']),
  entry('statistics', 'office', 30),
]

test('an admin sees every group in its order', () => {
  const names = menuOf(ENTRIES, 'admin').map((group) => group.map((each) => each.name))
  expect(names).toEqual([['today'], ['statistics'], ['people', 'audit']])
})

test('a role sees only what is for it, and no empty group', () => {
  const names = menuOf(ENTRIES, 'handler').map((group) => group.map((each) => each.name))
  expect(names).toEqual([['statistics']])
})
