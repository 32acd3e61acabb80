import { expect, test } from 'vitest'
import { faultOf, kindOf, mediaTypeOf, USUAL_MOST_BYTES } from './kinds'

test("a file's kind is the browser's word, else its ending", () => {
  expect(mediaTypeOf({ type: 'image/jpeg', name: 'a' })).toBe('image/jpeg')
  expect(mediaTypeOf({ type: 'audio/mp4;codecs=mp4a.40.2', name: 'a' })).toBe('audio/mp4')
  expect(mediaTypeOf({ type: '', name: 'IMG_1.HEIC' })).toBe('image/heic')
  expect(mediaTypeOf({ type: 'application/zip', name: 'a.zip' })).toBeNull()
})

test('sound in a WebM file is announced as the container that the server sees', () => {
  expect(mediaTypeOf({ type: 'audio/webm;codecs=opus', name: 'a.webm' })).toBe('video/webm')
})

test('what the server would refuse is refused before it is kept', () => {
  expect(faultOf({ size: 5 }, null, null)).toBe('kind-unknown')
  expect(faultOf({ size: 0 }, 'image/jpeg', null)).toBe('file-empty')
  expect(faultOf({ size: 0 }, 'video/webm', 0)).toBe('nothing-recorded')
  expect(faultOf({ size: USUAL_MOST_BYTES + 1 }, 'video/mp4', 30)).toBe('file-too-large')
  expect(faultOf({ size: 5 }, 'video/mp4', 75)).toBe('film-too-long')
  expect(faultOf({ size: 5 }, 'video/mp4', 60.4)).toBeNull()
  expect(faultOf({ size: 11 }, 'image/jpeg', null, 10)).toBe('file-too-large')
})

test('a PDF is a document', () => {
  expect(kindOf('application/pdf')).toBe('document')
})
