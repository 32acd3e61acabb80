// @vitest-environment happy-dom
import { createApp, h, nextTick, type App } from 'vue'
import { createI18n } from 'vue-i18n'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import words from '../words/capture.zh-CN.json'
import CameraView from './CameraView.vue'

let app: App
let page: HTMLElement
let told: string[]
/** What the phone's camera is asked for, to be given or refused by hand. */
let photo: PromiseWithResolvers<Blob>

beforeEach(async () => {
  photo = Promise.withResolvers<Blob>()
  told = []
  const track = { kind: 'video', stop: () => {} }
  const stream = { getTracks: () => [track], getVideoTracks: () => [track] }
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: async () => stream } })
  vi.spyOn(HTMLVideoElement.prototype, 'srcObject', 'set').mockImplementation(() => {})
  vi.stubGlobal(
    'ImageCapture',
    class {
      takePhoto = () => photo.promise
    },
  )
  page = document.createElement('div')
  document.body.append(page)
  const props = { lines: [], films: false, photos: true, kept: 0, keeping: false }
  const heard = {
    onTaken: ({ blob }: { blob: Blob }) => told.push(`taken ${blob.size}`),
    onClose: () => told.push('close'),
    onFault: (fault: string) => told.push(fault),
  }
  app = createApp({ render: () => h(CameraView, { ...props, ...heard }) })
  app.use(createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': words } })).mount(page)
  await vi.waitFor(() => expect(button('拍照').disabled).toBe(false))
})
afterEach(() => {
  app.unmount()
  page.remove()
  vi.unstubAllGlobals()
})

const button = (name: string): HTMLButtonElement =>
  [...page.querySelectorAll('button')].find(
    (each) => (each.getAttribute('aria-label') ?? each.textContent).trim() === name,
  )!
const escape = (): boolean => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))

test('the camera stays open until the photo that was just taken is there', async () => {
  button('拍照').click()
  await nextTick()
  expect(button('完成').disabled).toBe(true)
  button('完成').click()
  escape()
  expect(told).toEqual([])
  photo.resolve(new Blob(['jpeg']))
  await vi.waitFor(() => expect(button('完成').disabled).toBe(false))
  button('完成').click()
  expect(told).toEqual(['taken 4', 'close'])
})

test('a camera that gives no photo can be left', async () => {
  button('拍照').click()
  await nextTick()
  photo.reject(new Error('no photo'))
  await vi.waitFor(() => expect(button('完成').disabled).toBe(false))
  escape()
  expect(told).toEqual(['failed', 'close'])
})
