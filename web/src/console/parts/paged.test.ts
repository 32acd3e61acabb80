import { expect, test } from 'vitest'
import { Api } from '../api'
import { usePaged } from './paged'

/** An API whose answers come when the test lets them. */
function slowly() {
  const waiting = new Map<string, (answer: Response) => void>()
  const api = new Api((url) => new Promise((answer) => waiting.set(String(url), answer)))
  const comes = (url: string, items: number[], next: string | null = null): void =>
    waiting.get(`/api/v1${url}`)!(Response.json({ items, next_cursor: next }))
  return {
    api,
    comes,
    fails: (url: string) => waiting.get(`/api/v1${url}`)!(Response.json({ code: 'x' }, { status: 422 })),
  }
}

test('pages come one after the other, as long as there are more', async () => {
  const { api, comes } = slowly()
  const list = usePaged<number>('/users', 2, api)
  const first = list.use({ role: 'admin' })
  comes('/users?limit=2&role=admin', [1, 2], 'c')
  await first
  expect([list.rows.value, list.hasMore.value]).toEqual([[1, 2], true])
  const second = list.more()
  comes('/users?limit=2&role=admin&cursor=c', [3])
  await second
  expect([list.rows.value, list.hasMore.value]).toEqual([[1, 2, 3], false])
})

test('the answer to an earlier question that comes late is thrown away', async () => {
  const { api, comes } = slowly()
  const list = usePaged<number>('/users', 2, api)
  const old = list.use({ name: 'w' })
  const latest = list.use({ name: 'we' })
  comes('/users?limit=2&name=we', [2])
  await latest
  comes('/users?limit=2&name=w', [1])
  await old
  expect([list.rows.value, list.busy.value]).toEqual([[2], false])
})

test('a problem is kept for the page to show; rows stay while the same is asked, those of another question go', async () => {
  const { api, comes, fails } = slowly()
  const list = usePaged<number>('/users', 2, api)
  const first = list.use({})
  comes('/users?limit=2', [1])
  await first
  const again = list.use({})
  fails('/users?limit=2')
  await again
  expect(list.error.value).toMatchObject({ code: 'x' })
  expect(list.rows.value).toEqual([1])
  const next = list.use({ name: 'x' })
  expect([list.rows.value, list.busy.value]).toEqual([[], true])
  fails('/users?limit=2&name=x')
  await next
  expect(list.error.value).toMatchObject({ code: 'x' })
  expect(list.rows.value).toEqual([])
})
