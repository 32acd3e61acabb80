import { expect, test } from 'vitest'
import { deedKey } from './keys'

const press = (key: string, more: object = {}) =>
  deedKey({ key, ctrlKey: false, metaKey: false, altKey: false, target: null, ...more })

test('a letter is a deed', () => expect(press('j')).toBe('j'))

test('no deed while somebody types', () => {
  for (const tagName of ['INPUT', 'TEXTAREA', 'SELECT']) expect(press('v', { target: { tagName } })).toBeNull()
  expect(press('v', { target: { tagName: 'P', isContentEditable: true } })).toBeNull()
})

test('a box that was just ticked takes no letters away', () => {
  expect(press('d', { target: { tagName: 'INPUT', type: 'checkbox' } })).toBe('d')
  expect(press('d', { target: { tagName: 'INPUT', type: 'text' } })).toBeNull()
})

test("no deed behind an open dialog, nor with the browser's own keys", () => {
  const inside = { tagName: 'BUTTON', closest: (of: string) => of.includes('dialog') }
  expect(press('v', { target: inside })).toBeNull()
  expect(press('d', { ctrlKey: true })).toBeNull()
  expect(press('d', { metaKey: true })).toBeNull()
})
