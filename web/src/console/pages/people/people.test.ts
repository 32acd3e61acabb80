import { expect, test } from 'vitest'
import { changeOf, formOf, standingOf, tidied, type Certificate, type Person } from './people'

const WEI: Person = {
  id: '1',
  name: 'wei',
  display_name: '韦敏',
  phone: '138',
  role: 'inspector',
  grants: ['450206'],
  office: null,
  active: true,
  rev: 3,
}
const certificate = (more: Partial<Certificate>): Certificate => ({
  ...{ id: '1', number: '桂1', issuer: '广西', user: '1', valid_from: '2026-01-01', valid_to: '2026-12-31', rev: 1 },
  display_name: '韦敏',
  withdrawn_on: null,
  valid: true,
  days_left: 200,
  ...more,
})

test('a change names what differs and the revision that was read, and nothing else', () => {
  const form = { ...formOf(WEI), phone: ' ', grants: ['450206', '450202'] }
  expect(changeOf(WEI, form)).toEqual({ rev: 3, phone: null, grants: ['450206', '450202'] })
  expect(changeOf(WEI, formOf(WEI))).toEqual({ rev: 3 })
})

test("what is typed in a form does not touch the person's own grants", () => {
  formOf(WEI).grants.push('450202')
  expect(WEI.grants).toEqual(['450206'])
})

test('blanks around what is typed do not count', () => {
  expect(tidied({ ...formOf(null), name: ' qin ', phone: '' })).toMatchObject({ name: 'qin', phone: null })
})

test.each([
  [certificate({}), 'valid'],
  [certificate({ days_left: 30 }), 'ending'],
  [certificate({ days_left: -1, valid: false }), 'over'],
  [certificate({ withdrawn_on: '2026-03-01', valid: false }), 'withdrawn'],
  [certificate({ withdrawn_on: '2027-03-01' }), 'valid'],
  [certificate({ valid: false }), 'later'],
])('a certificate stands as its days say (%#)', (each, standing) => expect(standingOf(each)).toBe(standing))
