/** Hashes and spellings of bytes. */

const ENCODER = new TextEncoder()

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return ENCODER.encode(text)
}

export function hex(bytes: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(bytes as ArrayBuffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export async function sha256Hex(data: BufferSource): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', data))
}

/** Base64 in pieces: a chunk of megabytes is too long for one call's arguments. */
export function base64(bytes: ArrayBuffer | Uint8Array): string {
  const all = new Uint8Array(bytes as ArrayBuffer)
  let text = ''
  for (let start = 0; start < all.length; start += 8192)
    text += String.fromCharCode(...all.subarray(start, start + 8192))
  return btoa(text)
}

/** Base64url without padding. */
export function base64url(bytes: ArrayBuffer | Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The bytes of base64url without padding, in its one canonical spelling; throws RangeError. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  let raw: string
  try {
    raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    throw new RangeError('no base64url')
  }
  const bytes = Uint8Array.from(raw, (character) => character.charCodeAt(0))
  if (base64url(bytes) !== text) throw new RangeError('another spelling of the same bytes')
  return bytes
}
