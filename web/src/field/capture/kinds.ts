/** What may be captured: which files the server takes, how long a film may last, and what a file is called. */
import { stamp } from './instant'

export type Kind = 'photo' | 'film' | 'audio' | 'document'

/** Seconds. The server refuses longer films. */
export const FILM_S = 60
/** The server tells its own limit at enrolment; this is the usual one. */
export const USUAL_MOST_BYTES = 50 * 1024 * 1024

const EXTENSIONS: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/3gpp': '3gp',
  'video/webm': 'webm',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'audio/3gpp': '3gp',
  'application/pdf': 'pdf',
}
const BY_EXTENSION = Object.fromEntries(Object.entries(EXTENSIONS).map(([type, ending]) => [ending, type]))
const OTHER_NAMES: Record<string, string> = {
  'image/jpg': 'image/jpeg',
  'image/heif': 'image/heic',
  'audio/x-m4a': 'audio/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/x-wav': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/webm': 'video/webm', // the server judges by the container
}

/** What an `<input type=file>` offers of a kind. */
export const ACCEPT: Record<Kind, string> = {
  photo: 'image/*',
  film: 'video/*',
  audio: 'audio/*',
  document: 'application/pdf,image/*',
}

/** The media type of a file that the server takes, or null. The browser's word first, then the name's ending. */
export function mediaTypeOf(file: { type: string; name: string }): string | null {
  const said = file.type.toLowerCase().split(';')[0]!.trim()
  const usual = OTHER_NAMES[said] ?? said
  if (usual in EXTENSIONS) return usual
  return BY_EXTENSION[file.name.toLowerCase().split('.').at(-1) ?? ''] ?? null
}

export function kindOf(mediaType: string): Kind {
  if (mediaType.startsWith('image/')) return 'photo'
  if (mediaType.startsWith('video/')) return 'film'
  return mediaType.startsWith('audio/') ? 'audio' : 'document'
}

/** A name for what was captured in the app: `照片_20261126_101500.jpg`. `word`: the kind in the person's language. */
export function nameOf(word: string, at: Date, mediaType: string): string {
  return `${word}_${stamp(at)}.${EXTENSIONS[mediaType] ?? 'bin'}`
}

/** Why a file cannot be taken: the key of a sentence; null when it can. */
export function faultOf(
  file: { size: number },
  mediaType: string | null,
  seconds: number | null,
  mostBytes = USUAL_MOST_BYTES,
): string | null {
  if (mediaType === null) return 'kind-unknown'
  if (file.size === 0) return ['film', 'audio'].includes(kindOf(mediaType)) ? 'nothing-recorded' : 'file-empty'
  if (file.size > mostBytes) return 'file-too-large'
  if (kindOf(mediaType) === 'film' && seconds !== null && seconds > FILM_S + 1) return 'film-too-long'
  return null
}

/** `3.4 MB` or `120 KB`. */
export function sizeWords(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${(bytes / 1024 / 1024).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`
}
