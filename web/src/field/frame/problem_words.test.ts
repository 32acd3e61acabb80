import { Problem } from '@shared/problem'
import { expect, test } from 'vitest'
import { problemWord, saidOf } from './problem_words'

test('a known code is said in the language that is spoken', async () => {
  expect(await problemWord('invite-invalid', 'zh-CN')).toMatch(/[\u4e00-\u9fff]/)
  expect(await problemWord('invite-invalid', 'en')).toMatch(/^[\x20-\x7e]+$/)
})

test('a code that is newer than the app leaves the word to the server', async () => {
  const problem = new Problem({ status: 400, code: 'of-next-year', detail: 'Come again next year.' })
  expect(await saidOf(problem, 'zh-CN')).toBe('Come again next year.')
})
