import { expect, test } from 'vitest'
import { Api } from '../../api'
import { counted, numbers } from './standing'

const answering = (body: unknown, status = 200) => {
  const asked: string[] = []
  const api = new Api((url) => {
    asked.push(String(url))
    return Promise.resolve(Response.json(body, { status }))
  })
  return { api, asked }
}
const nobody = () => Promise.reject(new Error('not asked'))
const named = (name: string) => numbers(() => true).find((each) => each.name === name)!

test('a number is counted by the very query that it leads to', async () => {
  const { api, asked } = answering({ items: [], next_cursor: null, total: 7 })
  const returned = await counted(named('returned'), api, nobody)
  expect(returned).toMatchObject({ count: 7, to: { name: 'findings', query: { state: 'returned' } } })
  expect(asked).toEqual(['/api/v1/findings?state=returned&limit=1&total=true'])
})

test('of very many it is said that there are more', async () => {
  const { api } = answering({ items: [], next_cursor: null, total: 10000, total_exceeded: true })
  expect(await counted(named('new'), api, nobody)).toMatchObject({ count: 10000, more: true })
})

test('what is held and what nobody could read wait alike', async () => {
  const queue = () => Promise.resolve({ held: [1, 2], unreadable: [3], conflicts: [4] })
  const { api } = answering({})
  expect(await counted(named('held'), api, queue)).toMatchObject({ count: 3 })
  expect(await counted(named('conflicts'), api, queue)).toMatchObject({ count: 1 })
})

test('one number that cannot be had spoils no other', async () => {
  const { api } = answering({ code: 'overloaded' }, 503)
  expect(await counted(named('new'), api, nobody)).toMatchObject({ count: null, error: { code: 'overloaded' } })
})

test('proposals lead to their own page where there is one', () => {
  expect(named('proposals').to.name).toBe('supervision')
  expect(numbers(() => false).find((each) => each.name === 'proposals')!.to.name).toBe('findings')
})
