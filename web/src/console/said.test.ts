import { expect, test } from 'vitest'
import { NoAnswer, Problem } from '@shared/problem'
import { fieldsOf, sentenceOf, speakBy } from './said'

const words = {
  t: (key: string, values?: Record<string, unknown>) => `${key}${values ? JSON.stringify(values) : ''}`,
  problem: (code: string) => (code === 'last-admin' ? '至少保留一名管理员。' : null),
}
const problem = (code: string, more: object = {}): Problem =>
  new Problem({ status: 409, code, detail: 'As the server says.', ...more })

test('a problem is told by the catalogue, and one that it does not know as the server says it', () => {
  expect(sentenceOf(problem('last-admin'), words)).toBe('至少保留一名管理员。')
  expect(sentenceOf(problem('brand-new'), words)).toBe('As the server says.')
})

test('a lock is told with its minutes, rounded up', () => {
  expect(sentenceOf(problem('account-locked', { retry_after_s: 61 }), words)).toBe('frame.locked{"minutes":2}')
})

test('no answer and a fault of the page are told apart', () => {
  expect(sentenceOf(new NoAnswer(null), words)).toBe('frame.noAnswer')
  expect(sentenceOf(new TypeError('x is undefined'), words)).toBe('frame.unexpected')
})

test('the fields that a problem names are found, by its errors or by its field', () => {
  const errors = { json: { phone: ['Longer than maximum length 40.'], grants: { 0: ['Unknown.'] } } }
  expect(fieldsOf(problem('input-invalid', { errors })).phone).toBe('Longer than maximum length 40.')
  expect(fieldsOf(problem('password-weak', { field: 'new' }))).toEqual({ new: 'As the server says.' })
})

test('in Chinese a field is told in Chinese, whatever the server says of it', () => {
  const english = { yes: false }
  speakBy({ ...words, english: () => english.yes })
  const errors = { json: { title: ['Missing data for required field.'], phone: ['Longer than maximum length 40.'] } }
  expect(fieldsOf(problem('input-invalid', { errors }))).toEqual({ title: 'frame.required', phone: 'frame.wrong' })
  expect(fieldsOf(problem('last-admin', { field: 'role' }))).toEqual({ role: '至少保留一名管理员。' })
  english.yes = true
  expect(fieldsOf(problem('input-invalid', { errors })).phone).toBe('Longer than maximum length 40.')
})
