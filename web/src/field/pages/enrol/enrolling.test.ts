import { NoAnswer, Problem } from '@shared/problem'
import { expect, test } from 'vitest'
import { failureOf } from './enrolling'

test('without a network nothing is blamed on the code', async () => {
  expect(await failureOf(new NoAnswer('down'), 'zh-CN')).toEqual({ why: 'no-answer' })
})

test("an invitation that has ended is said in the person's language, not in the server's", async () => {
  const ended = new Problem({ status: 400, code: 'invite-invalid', detail: 'This code has ended.' })
  const failure = await failureOf(ended, 'zh-CN')
  expect(failure).toMatchObject({ why: 'problem', code: 'invite-invalid' })
  expect((failure as { said: string }).said).toMatch(/[\u4e00-\u9fff]/)
})

test('what fails on the phone itself is said in words of ours', async () => {
  const full = new DOMException('x', 'QuotaExceededError')
  expect(await failureOf(full, 'en')).toEqual({ why: 'device', said: 'frame.fault.storage-full' })
  expect(await failureOf(new Error('x is undefined'), 'en')).toEqual({ why: 'device', said: 'frame.fault.other' })
})
