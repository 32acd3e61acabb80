/** Photos and scans: sent to the server whole, and where their pictures are. */
import { api, address, type Api } from '../api'

export interface ShownPhoto {
  id: string | null
  sha256: string
  role: string
  /** Whether its bytes are here. */
  stored: boolean
}

/** A small upright picture of a photo, `size` pixels at most. */
export const thumbnail = (sha256: string, size = 400): string => address(`/blobs/${sha256}/thumbnail`, { size })
/** The original, byte for byte. */
export const original = (sha256: string): string => address(`/blobs/${sha256}`)

/** The SHA-256 of bytes, in 64 hex digits. */
export async function sha256Of(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** Send a file, in one piece, as the server's uploads (tus) want it; its hash. */
export async function send(file: File, through: Api = api): Promise<string> {
  const sha256 = await sha256Of(await file.arrayBuffer())
  await through.answer('POST', '/media', file, {
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(file.size),
      'Upload-Metadata': `sha256 ${base64(sha256)},filetype ${base64(file.type || 'application/octet-stream')}`,
      'Content-Type': 'application/offset+octet-stream',
    },
  })
  return sha256
}
