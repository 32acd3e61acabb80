// @vitest-environment happy-dom
import 'fake-indexeddb/auto'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Submission } from '../../sync'
import { useSubmit } from './use-submit'

const KEPT = {} as Submission
let used: ReturnType<typeof useSubmit>

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const routes = [
    { path: '/', component: { render: () => null } },
    { path: '/gone', component: () => Promise.reject(new Error('this page cannot be loaded')) },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  const app = createApp({
    setup() {
      used = useSubmit()
      return () => null
    },
  })
  app.use(router).mount(document.createElement('div'))
  await router.isReady()
})

test('what was kept is said to be kept though the next page cannot be loaded, and is not kept twice', async () => {
  const records: number[] = []
  const record = async (): Promise<Submission> => (records.push(1), KEPT)
  const dropped = vi.fn(async () => undefined)
  await used.submit(record, '/gone', dropped)
  await used.submit(record, '/gone', dropped)
  expect([used.sent.value, used.fault.value, records.length, dropped.mock.calls.length]).toEqual([true, false, 1, 1])
})

test('what was not kept is said so, its draft stays, and it may be tried again', async () => {
  const dropped = vi.fn(async () => undefined)
  const full = async (): Promise<Submission> => Promise.reject(new Error('no space left'))
  await used.submit(full, '/', dropped)
  expect([used.sent.value, used.fault.value, used.sending.value, dropped.mock.calls.length]).toEqual([
    ...[false, true, false, 0],
  ])
  await used.submit(async () => KEPT, '/', dropped)
  expect([used.sent.value, used.fault.value, dropped.mock.calls.length]).toEqual([true, false, 1])
})

test('two taps at once record once', async () => {
  const records: number[] = []
  const slow = (): Promise<Submission> => Promise.resolve().then(() => (records.push(1), KEPT))
  await Promise.all([used.submit(slow, '/'), used.submit(slow, '/')])
  expect(records).toHaveLength(1)
})
