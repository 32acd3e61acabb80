import 'fake-indexeddb/auto'
import { effectScope, nextTick, type EffectScope } from 'vue'
import { afterEach, expect, test, vi } from 'vitest'
import { useDevice } from '../../device'
import { isRecorded, useDraft, type UsedDraft } from './use-draft'

interface Words {
  text: string
  photos: { sha256: string }[]
}
const scopes: EffectScope[] = []
const fresh = (): Promise<Words> => Promise.resolve({ text: '', photos: [] })

/** A page that is opened: its scope ends with it. */
function opened(key: string, make?: () => Promise<Words>, recorded?: () => Promise<boolean>): UsedDraft<Words> {
  const scope = effectScope()
  scopes.push(scope)
  return scope.run(() => useDraft<Words>(key, make, recorded))!
}
afterEach(() => scopes.splice(0).forEach((scope) => scope.stop()))

test('every change is kept, however deep, and is there when the page is opened again', async () => {
  const first = opened('a', fresh)
  await vi.waitFor(() => expect(first.draft.value).not.toBe(null))
  first.draft.value!.text = '围挡'
  first.draft.value!.photos.push({ sha256: 'x' })
  await nextTick()
  await first.settled()
  scopes.splice(0).forEach((scope) => scope.stop())
  const again = opened('a', fresh)
  await vi.waitFor(() => expect(again.draft.value).toEqual({ text: '围挡', photos: [{ sha256: 'x' }] }))
})

test('a dropped draft is gone, and does not come back by a late change', async () => {
  const used = opened('b', fresh)
  await vi.waitFor(() => expect(used.draft.value).not.toBe(null))
  used.draft.value!.text = '一'
  await nextTick()
  await used.drop()
  used.draft.value!.text = '二'
  await nextTick()
  await used.settled()
  const again = opened('b')
  await vi.waitFor(() => expect(again.absent.value).toBe(true))
})

test('what was recorded before the app was ended leaves no draft to be sent twice', async () => {
  const device = useDevice()
  await device.keepDraft('finding|f', { text: '已上报', photos: [] })
  const subject = { type: 'finding', id: 'f' }
  await device.db.submissions.put({ id: 's', kind: 'finding', title: '', subject, at: '', ops: [], media: [] })
  const used = opened('finding|f', undefined, isRecorded('finding', 'f'))
  await vi.waitFor(() => expect(used.absent.value).toBe(true))
  expect(await device.draft('finding|f')).toBe(undefined)
})
