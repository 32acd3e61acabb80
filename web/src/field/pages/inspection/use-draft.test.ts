import 'fake-indexeddb/auto'
import { effectScope, nextTick, type EffectScope } from 'vue'
import { afterEach, expect, test, vi } from 'vitest'
import { useDevice } from '../../device'
import { useDraft, type UsedDraft } from './use-draft'

interface Words {
  text: string
  photos: { sha256: string }[]
}
const scopes: EffectScope[] = []
const fresh = (): Promise<Words> => Promise.resolve({ text: '', photos: [] })

/** A page that is opened: its scope ends with it. */
function opened(key: string, make?: () => Promise<Words>): UsedDraft<Words> {
  const scope = effectScope()
  scopes.push(scope)
  return scope.run(() => useDraft<Words>(key, make))!
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

test('a spent draft is taken away by the record alone, and nothing that changes meanwhile brings it back', async () => {
  const device = useDevice()
  const used = opened('c', fresh)
  await vi.waitFor(() => expect(used.draft.value).not.toBe(null))
  used.draft.value!.text = '已上报'
  await nextTick()
  await used.spend(async ([key]) => {
    expect(await device.draft('c')).toEqual({ text: '已上报', photos: [] }) // until it is recorded it is there
    used.draft.value!.text = '又改'
    await nextTick()
    await device.dropDraft(key!)
  })
  used.draft.value!.text = '再改'
  await nextTick()
  await used.settled()
  expect(await device.draft('c')).toBe(undefined)
  await used.renew()
  expect(used.draft.value).toEqual({ text: '', photos: [] })
  used.draft.value!.text = '下一条'
  await nextTick()
  await used.settled()
  expect(await device.draft('c')).toEqual({ text: '下一条', photos: [] })
})

test('a draft that could not be recorded is kept as it stands now', async () => {
  const used = opened('d', fresh)
  await vi.waitFor(() => expect(used.draft.value).not.toBe(null))
  const failing = used.spend(async () => {
    used.draft.value!.text = '没存上'
    await nextTick()
    throw new Error('no room')
  })
  await expect(failing).rejects.toThrow('no room')
  await used.settled()
  expect(await useDevice().draft('d')).toEqual({ text: '没存上', photos: [] })
})
