import { expect, test } from 'vitest'
import type { PhotoOf } from '../../sync'
import { doingOf } from './draft'

const taken = (capturedAt: string, source: PhotoOf['source'] = 'camera') => ({ capturedAt, source }) as PhotoOf

test('a finding is where its photos were taken: a picture from the gallery tells nothing of where she is', () => {
  expect(doingOf({ photos: [] }).lastDone).toBeNull()
  expect(doingOf({ photos: [taken('2026-11-26T09:00:00+08:00', 'gallery')] }).lastDone).toBeNull()
  const offsets = [taken('2026-11-26T01:30:00+00:00'), taken('2026-11-26T09:00:00+08:00')]
  expect(doingOf({ photos: offsets }).lastDone).toBe('2026-11-26T01:30:00+00:00')
})
