import { describe, expect, test } from 'vitest'
import { NoAnswer, Problem } from '@shared/problem'
import { address, Api, fileName, PROOF } from './api'

interface Sent {
  url: string
  method: string
  headers: Record<string, string>
  body: unknown
}

/** An API whose server gives these answers, one after the other, and what was sent to it. */
function serverOf(...answers: (Response | Error)[]): { api: Api; sent: Sent[] } {
  const sent: Sent[] = []
  const api = new Api((url, how) => {
    sent.push({
      url: url as string,
      method: how!.method!,
      headers: how!.headers as Record<string, string>,
      body: how!.body,
    })
    const answer = answers.shift()
    if (answer === undefined) throw new Error('asked once too often')
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  })
  return { api, sent }
}

const refused = (status: number, code: string): Response => Response.json({ status, code }, { status })

test('a query leaves out what is empty and repeats what is several', () => {
  const asked = { cell: '450206', state: ['verified', 'closed'], text: '', from: null, unread: false }
  expect(address('/findings', asked)).toBe('/api/v1/findings?cell=450206&state=verified&state=closed&unread=false')
})

test("a file is called what the server calls it, also in Chinese and after a proxy's rewriting", () => {
  expect(fileName(`attachment; filename="list.xlsx"; filename*=UTF-8''%E6%B8%85%E5%8D%95.xlsx`)).toBe('清单.xlsx')
  expect(fileName('attachment; filename=list.xlsx')).toBe('list.xlsx')
  expect(fileName(null)).toBeNull()
})

test('a file that is asked for by POST tells of its bytes as they come, and of what else was said of it', async () => {
  const headers = {
    'Content-Length': '5',
    'Content-Disposition': 'attachment; filename=a.zip',
    'X-Content-SHA256': 'h',
  }
  const { api, sent } = serverOf(new Response('bytes', { headers }))
  const heard: [number, number | null][] = []
  const file = await api.file('/evidence/bundles/1', { body: {}, received: (...said) => heard.push(said) })
  expect(sent[0]!.method).toBe('POST')
  expect([await file.blob.text(), file.name, file.headers.get('X-Content-SHA256')]).toEqual(['bytes', 'a.zip', 'h'])
  expect(heard.at(-1)).toEqual([5, 5])
})

describe('a change', () => {
  test('carries the proof, and looking does not', async () => {
    const { api, sent } = serverOf(Response.json({}), Response.json({}))
    api.proof = 'p'
    await api.get('/users')
    await api.post('/users', { name: 'wei' })
    expect(sent[0]!.headers).not.toHaveProperty(PROOF)
    expect(sent[1]!.headers).toMatchObject({ [PROOF]: 'p', 'Content-Type': 'application/json' })
    expect(sent[1]!.body).toBe('{"name":"wei"}')
  })

  test('with an empty answer gives nothing back', async () => {
    const { api } = serverOf(new Response(null, { status: 204 }))
    expect(await api.delete('/auth/sign-ins')).toBeUndefined()
  })

  test('whose proof is of an earlier sign-in is sent again with the present one', async () => {
    const { api, sent } = serverOf(refused(403, 'proof-missing'), Response.json({ rev: 2 }))
    api.proof = 'old'
    api.hooks.freshProof = () => Promise.resolve('new')
    expect(await api.patch('/users/1', { rev: 1 })).toEqual({ rev: 2 })
    expect(sent.map((each) => each.headers[PROOF])).toEqual(['old', 'new'])
  })

  test('is not sent again when the proof was right already', async () => {
    const { api, sent } = serverOf(refused(403, 'proof-missing'))
    api.proof = 'same'
    api.hooks.freshProof = () => Promise.resolve('same')
    await expect(api.post('/users', {})).rejects.toBeInstanceOf(Problem)
    expect(sent).toHaveLength(1)
  })
})

describe('when the sign-in has ended', () => {
  test('the person signs in again and the same request is sent once more', async () => {
    const { api, sent } = serverOf(refused(401, 'token-expired'), Response.json({ rev: 2 }))
    api.hooks.signInAgain = () => {
      api.proof = 'new'
      return Promise.resolve(true)
    }
    expect(await api.post('/certificates', { number: '1' })).toEqual({ rev: 2 })
    expect(sent[1]).toMatchObject({ method: 'POST', body: '{"number":"1"}', headers: { [PROOF]: 'new' } })
  })

  test('and nobody signs in, the problem is told', async () => {
    const { api, sent } = serverOf(refused(401, 'token-expired'))
    await expect(api.get('/users')).rejects.toMatchObject({ code: 'token-expired' })
    expect(sent).toHaveLength(1)
  })

  test('a wrong password is no ended sign-in', async () => {
    const { api } = serverOf(refused(401, 'login-failed'))
    api.hooks.signInAgain = () => Promise.reject(new Error('nobody is asked'))
    await expect(api.post('/auth/password', {})).rejects.toMatchObject({ code: 'login-failed' })
  })
})

test('pages follow one another by their cursor with the same question', async () => {
  const { api, sent } = serverOf(
    Response.json({ items: [1, 2], next_cursor: 'c' }),
    Response.json({ items: [3], next_cursor: null }),
  )
  expect(await api.all<number>('/users', { query: { role: 'admin' } })).toEqual([1, 2, 3])
  expect(sent.map((each) => each.url)).toEqual([
    '/api/v1/users?limit=200&role=admin',
    '/api/v1/users?limit=200&role=admin&cursor=c',
  ])
})

test('a document that has not changed is not read again', async () => {
  const { api, sent } = serverOf(
    Response.json({ a: 1 }, { headers: { ETag: '"1"' } }),
    new Response(null, { status: 304 }),
  )
  const first = await api.getTagged('/cells')
  expect(first).toEqual({ body: { a: 1 }, etag: '"1"' })
  expect(await api.getTagged('/cells', first!.etag)).toBeNull()
  expect(sent[1]!.headers['If-None-Match']).toBe('"1"')
})

test('without a network the request fails as one without an answer, and is not repeated', async () => {
  const { api, sent } = serverOf(new TypeError('Failed to fetch'))
  await expect(api.post('/users', {})).rejects.toBeInstanceOf(NoAnswer)
  expect(sent).toHaveLength(1)
})
