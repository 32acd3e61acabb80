import { expect, test } from 'vitest'
import { fragment, invitationOf, labelOf, scanned } from './invitation'

const CODE = 'AB2CD-EF3GH-JK4LM-NP5QR'
const LINK = `https://dust.example.cn/app/#/enrol/${CODE}`

test('the link of an invitation gives its code and whose server it is', () => {
  expect(scanned(LINK)).toEqual({ kind: 'invitation', code: CODE, origin: 'https://dust.example.cn' })
  expect(scanned(`请打开 ${LINK} 注册`)).toMatchObject({ kind: 'invitation', code: CODE })
})

test.each([
  CODE,
  ' ab2cd-ef3gh-jk4lm-np5qr ',
  'AB2CD EF3GH JK4LM NP5QR',
  'AB2CD—EF3GH—JK4LM—NP5QR',
  'ＡＢ２ＣＤ-ＥＦ３ＧＨ-ＪＫ４ＬＭ-ＮＰ５ＱＲ',
  'ab2cdef3ghjk4lmnp5qr',
])('a code typed as %s is understood', (typed) => {
  expect(invitationOf(typed)).toEqual({ kind: 'invitation', code: CODE, origin: null })
})

test.each(['', 'hello', 'AB2CD-EF3GH', `${CODE}-XXXXX`, 'https://example.cn/', 'https://[/#/enrol/x', '工地一号'])(
  '%s is no invitation',
  (typed) => {
    expect(invitationOf(typed)).toEqual({ kind: 'unknown' })
  },
)

test("a site's label opens its site, also where an invitation was expected", () => {
  expect(invitationOf('https://dust.example.cn/app/#/site/JBEP3QRY')).toMatchObject({ kind: 'site', label: 'JBEP3QRY' })
  expect(labelOf(' jbep 3qry ')).toEqual({ kind: 'site', label: 'JBEP3QRY', origin: null })
  expect(labelOf('工地')).toEqual({ kind: 'unknown' })
})

test('the fragment that the app was opened at is read alike, and one that is broken is let by', () => {
  expect(fragment(`#/enrol/${CODE}`)).toMatchObject({ kind: 'invitation', code: CODE })
  expect([fragment('#/enrol/%E0%A4%A'), fragment('#top'), fragment('')]).toEqual([null, null, null])
})
