import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { api } from './api'
import { useSession } from './session'

const LUO = { id: '1', name: 'luo', display_name: '罗', phone: null, role: 'supervisor', grants: [], office: null }

/** A server that answers by method and path; what it was asked. */
function serverSays(answers: Record<string, () => Response>): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (url: string, how: RequestInit = {}) => {
    const name = `${how.method ?? 'GET'} ${url.replace('/api/v1', '')}`
    asked.push(name)
    return Promise.resolve(answers[name]!())
  })
  return asked
}

const open = (owes: string | null = null) => Response.json({ user: LUO, owes, proof: 'p', idle_minutes: 30 })
const ended = () => Response.json({ status: 401, code: 'token-expired' }, { status: 401 })

beforeEach(() => setActivePinia(createPinia()))

test('a browser with a sign-in knows who it is, and what it proves changes with', async () => {
  serverSays({ 'GET /auth/session': () => open('password-change') })
  const session = useSession()
  expect(await session.load()).toBe(true)
  expect([session.user?.name, session.owes, api.proof]).toEqual(['luo', 'password-change', 'p'])
})

test('a browser without one knows nobody', async () => {
  serverSays({ 'GET /auth/session': ended })
  const session = useSession()
  expect(await session.load()).toBe(false)
  expect(session.user).toBeNull()
})

test('several requests that find the sign-in ended ask the person once, and all go on', async () => {
  let again = false
  const asked = serverSays({
    'GET /auth/session': () => open(),
    'GET /users': () => (again ? Response.json({ items: [] }) : ended()),
  })
  const session = useSession()
  await session.load()
  const both = Promise.all([api.get('/users'), api.get('/users')])
  await vi.waitFor(() => expect(session.asking).toBe(true))
  again = true
  session.settle(true)
  await expect(both).resolves.toEqual([{ items: [] }, { items: [] }])
  expect(asked.filter((name) => name === 'GET /users')).toHaveLength(4)
  expect(session.asking).toBe(false)
})

test('whoever signs out leaves nothing behind, also when the sign-in had ended already', async () => {
  serverSays({ 'GET /auth/session': () => open(), 'POST /auth/logout': ended })
  const session = useSession()
  await session.load()
  await session.leave()
  expect(session.asking).toBe(false)
  expect([session.user, api.proof]).toEqual([null, null])
})
