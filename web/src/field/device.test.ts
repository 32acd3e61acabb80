import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { useDevice, useLive } from './device'

test('there is one device for the app, and a live query follows its database until its scope ends', async () => {
  const { db } = useDevice()
  expect(useDevice().db).toBe(db)
  const scope = effectScope()
  const count = scope.run(() => useLive(() => db.drafts.count(), -1))!
  expect(count.value).toBe(-1)
  await vi.waitFor(() => expect(count.value).toBe(0))
  await useDevice().keepDraft('a', 1)
  await vi.waitFor(() => expect(count.value).toBe(1))
  scope.stop()
  await useDevice().keepDraft('b', 1)
  await vi.waitFor(async () => expect(await db.drafts.count()).toBe(2))
  expect(count.value).toBe(1)
})
