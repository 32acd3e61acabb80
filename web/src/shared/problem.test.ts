import { expect, test } from 'vitest'
import { problemOf } from './problem'

test('a problem keeps its code, sentence and extras', async () => {
  const body = { status: 409, code: 'stream-gap', detail: 'Ops are missing.', expected_n: 3 }
  const problem = await problemOf(Response.json(body, { status: 409 }))
  expect([problem.code, problem.message, problem.said.expected_n]).toEqual(['stream-gap', 'Ops are missing.', 3])
})

test("a proxy's page becomes a problem too", async () => {
  const problem = await problemOf(new Response('<h1>Bad gateway</h1>', { status: 502 }))
  expect([problem.code, problem.status]).toEqual(['http-502', 502])
})
