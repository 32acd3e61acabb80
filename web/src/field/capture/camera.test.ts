import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CameraUnusable, openCamera, record, still } from './camera'
import { FILM_S } from './kinds'

const stream = (films: number) =>
  ({ getVideoTracks: () => Array(films).fill({ kind: 'video' }) }) as unknown as MediaStream

/** As much of a browser's recorder as is used: it gives one part when it is stopped. */
class Recorder {
  static isTypeSupported = (type: string): boolean => type.endsWith('mp4')
  state = 'inactive'
  readonly mimeType: string
  ondataavailable: (event: { data: Blob }) => void = () => {}
  onstop: () => void = () => {}
  onerror: (event: unknown) => void = () => {}
  constructor(_stream: MediaStream, { mimeType }: { mimeType: string }) {
    this.mimeType = mimeType
  }
  start(): void {
    this.state = 'recording'
  }
  stop(): void {
    this.state = 'inactive'
    this.ondataavailable({ data: new Blob(['film']) })
    this.onstop()
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('MediaRecorder', Recorder)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a film stops by itself after a minute, and what was filmed is there', async () => {
  const { done } = record(stream(1))
  vi.advanceTimersByTime(FILM_S * 1_000)
  const film = await done
  expect([film.type, film.size]).toEqual(['video/mp4', 4])
})

test('a film stopped by hand is not stopped again', async () => {
  const recording = record(stream(1))
  recording.stop()
  expect((await recording.done).size).toBe(4)
  vi.advanceTimersByTime(FILM_S * 2_000)
})

test('sound alone is recorded as sound', async () => {
  const recording = record(stream(0))
  recording.stop()
  expect((await recording.done).type).toBe('audio/mp4')
})

test.each([
  ['NotAllowedError', 'refused'],
  ['NotFoundError', 'none'],
  ['NotReadableError', 'busy'],
  ['TypeError', 'failed'],
])('%s is said as %s', async (name, fault) => {
  const error = Object.assign(new Error(), { name })
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.reject(error) } })
  await expect(openCamera(false)).rejects.toMatchObject({ fault })
})

test('a page without HTTPS has no camera, and that is what is said', async () => {
  vi.stubGlobal('navigator', {})
  await expect(openCamera(false)).rejects.toMatchObject({ fault: 'insecure' })
})

test('a camera that promises a still and gives none leaves the moving image, which says so', async () => {
  const context = { drawImage: vi.fn() }
  const canvas = {
    ...{ width: 0, height: 0, getContext: () => context },
    toBlob: (give: (blob: Blob) => void) => give(new Blob(['frame'], { type: 'image/jpeg' })),
  }
  vi.stubGlobal('document', { createElement: () => canvas })
  vi.stubGlobal('window', {
    ImageCapture: class {
      takePhoto = () => Promise.reject(new Error('not now'))
    },
  })
  const video = { videoWidth: 1280, videoHeight: 720 } as HTMLVideoElement
  expect(await still(stream(1), video)).toMatchObject({ frame: true, blob: { size: 5 } })
  expect([canvas.width, canvas.height]).toEqual([1280, 720])
  await expect(still(stream(1), { videoWidth: 0 } as HTMLVideoElement)).rejects.toBeInstanceOf(CameraUnusable)
})
