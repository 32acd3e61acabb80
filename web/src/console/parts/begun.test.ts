import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { useSession, type Me } from '../session'
import { begunOf, KEPT_MS, sweep } from './begun'

const blank = () => ({ text: '', photos: [] as string[], due: null as Date | null })
const revived = (stored: ReturnType<typeof blank>) => ({ ...stored, due: stored.due && new Date(stored.due) })
/** As after a reload: nothing of it is known any more but what the browser keeps. */
const opened = () => begunOf('remark', blank, revived)

/** A browser's store: its things are its properties, as `Object.keys` wants them. */
class Store {
  [key: string]: unknown
  getItem = (key: string) => (this[key] as string) ?? null
  setItem = (key: string, value: string) => void (this[key] = value)
  removeItem = (key: string) => void delete this[key]
}
const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('bluegrid.'))
const signIn = (id: string) => void (useSession().user = { id } as Me)

beforeEach(() => {
  vi.stubGlobal('localStorage', new Store())
  setActivePinia(createPinia())
  signIn('luo')
})

test('what was begun is there after a reload, with its photos and its day, and gone when it was sent', () => {
  const due = new Date('2026-12-01T08:00:00Z')
  Object.assign(opened()('a'), { text: '请补照片', due })
  opened()('a').photos.push('f00d')
  expect(opened()('a')).toEqual({ text: '请补照片', photos: ['f00d'], due })
  expect(opened()('b')).toEqual(blank())
  Object.assign(opened()('a'), blank())
  expect(opened()('a')).toEqual(blank())
  expect(kept()).toEqual([])
})

test('who signs in at the same browser sees nothing of what another began', () => {
  const of = opened()
  of('a').text = '罗的话'
  signIn('mo')
  expect(of('a').text).toBe('')
  of('a').text = '莫的话'
  signIn('luo')
  expect([of('a').text, opened()('a').text]).toEqual(['罗的话', '罗的话'])
})

test('what nobody has touched for a month is dropped, and nothing else', () => {
  localStorage.setItem('theme', 'dark')
  opened()('a').text = '很久以前'
  sweep(Date.now() + KEPT_MS - 1000)
  expect(kept()).toHaveLength(1)
  sweep(Date.now() + KEPT_MS + 1000)
  expect(kept()).toEqual([])
  expect(localStorage.getItem('theme')).toBe('dark')
})

test('a browser that keeps nothing, or what cannot be read, takes no words away from who types', () => {
  localStorage.setItem('bluegrid.begun.luo.remark.a', '{"value')
  expect(opened()('a')).toEqual(blank())
  vi.stubGlobal('localStorage', {
    getItem: () => null,
    setItem: () => {
      throw new Error('full')
    },
  })
  const of = opened()
  of('a').text = '照打'
  expect(of('a').text).toBe('照打')
})
