import { expect, test, vi } from 'vitest'
import type { FieldDatabase } from '../sync'
import { fromGallery, keep } from './keep'

const FINDING = { type: 'finding', id: '0190c1de-0000-7000-8000-000000000001' }
const HERE = {
  ...{ lon: 109.4, lat: 24.3, datum: 'WGS84' as const, accuracy_m: 8, altitude_m: null, provider: 'browser' },
  ...{ mock: null, at: '2026-11-26T10:00:00.000+08:00' },
}

/** `limits` as the server told them at enrolment. */
function device(limits: object = {}) {
  const db = { known: async () => ({ limits }) } as unknown as FieldDatabase
  const hold = vi.fn(async (bytes: Blob, filename: string, mediaType?: string) => ({
    ...{ sha256: 'ab'.repeat(32), size: bytes.size, mediaType: mediaType!, filename },
  }))
  return { hold, db }
}

test('the very bytes are held before a photo is made of them', async () => {
  const phone = device()
  const bytes = new Blob(['jpeg'], { type: 'image/jpeg' })
  const at = new Date('2026-11-26T02:00:00Z')
  const photo = await keep(phone, bytes, 'a.jpg', {
    subject: FINDING,
    role: 'scene',
    source: 'camera',
    at,
    position: HERE,
  })
  expect(phone.hold.mock.calls[0]![0]).toBe(bytes)
  expect(photo).toMatchObject({ size: 4, role: 'scene', source: 'camera', position: HERE, subject: FINDING })
  expect(new Date(photo.capturedAt)).toEqual(at)
})

test('what the server would refuse is not even held', async () => {
  const phone = device()
  const zip = new Blob(['PK'], { type: 'application/zip' })
  const what = { subject: FINDING, role: 'scene' as const, source: 'gallery' as const, at: new Date(), position: null }
  await expect(keep(phone, zip, 'a.zip', what)).rejects.toMatchObject({ why: 'kind-unknown' })
  expect(phone.hold).not.toHaveBeenCalled()
})

test('a picture from the gallery says so, has the time of its file, and not the place where it was chosen', () => {
  const file = new File(['x'], 'old.jpg', { type: 'image/jpeg', lastModified: Date.UTC(2026, 10, 1) })
  const what = fromGallery(file, FINDING, 'before')
  expect(what).toMatchObject({ source: 'gallery', position: null, at: new Date('2026-11-01T00:00:00Z') })
})

test('a PDF is a document whatever was asked for', async () => {
  const pdf = new Blob(['%PDF-'], { type: 'application/pdf' })
  const what = { subject: FINDING, role: 'scene' as const, source: 'gallery' as const, at: new Date(), position: null }
  expect((await keep(device(), pdf, 'a.pdf', what)).role).toBe('document')
})

test("the server's own limit of a file's size counts", async () => {
  const bytes = new Blob(['jpeg'], { type: 'image/jpeg' })
  const what = { subject: FINDING, role: 'scene' as const, source: 'camera' as const, at: new Date(), position: null }
  await expect(keep(device({ file_bytes: 3 }), bytes, 'a.jpg', what)).rejects.toMatchObject({ why: 'file-too-large' })
})
