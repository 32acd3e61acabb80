import { expect, test } from 'vitest'
import type { RouteLocationNormalized } from 'vue-router'
import { isLostScript, wayIn } from './entrance'

const INVITATION = '#/enrol/AB2CD-EF3GH-JK4LM-NP5QR'

function to(path: string, hash = '', open = false): RouteLocationNormalized {
  return { path, hash, meta: { open } } as unknown as RouteLocationNormalized
}

test('a device without a person is led to the enrolment, from wherever it wanted to go', () => {
  expect(wayIn(to('/tasks'), false)).toMatchObject({ path: '/enrol' })
  expect(wayIn(to('/enrol', '', true), false)).toBe(true)
})

test("an invitation's link leads to the enrolment with its code still after the #", () => {
  expect(wayIn(to('/', INVITATION), false)).toMatchObject({ path: '/enrol', hash: INVITATION })
  expect(wayIn(to('/', INVITATION), true)).toMatchObject({ path: '/enrol', hash: INVITATION })
})

test("a site's label opens its site on an enrolled device", () => {
  expect(wayIn(to('/', '#/site/JBEP3QRY'), true)).toMatchObject({ path: '/scan/JBEP3QRY' })
  expect(wayIn(to('/', '#/site/JBEP3QRY'), false)).toMatchObject({ path: '/enrol' })
})

test('nothing else is turned away', () => {
  expect([wayIn(to('/'), true), wayIn(to('/sites', '#top'), true)]).toEqual([true, true])
})

test('a script that went with an older version is known by what browsers say of it, and other faults are not taken for one', () => {
  const chrome = new TypeError('Failed to fetch dynamically imported module: https://x/app/assets/MapPage-1.js')
  const safari = new TypeError('Importing a module script failed.')
  expect([chrome, safari, new Error('Failed to fetch'), null].map(isLostScript)).toEqual([true, true, false, false])
})
