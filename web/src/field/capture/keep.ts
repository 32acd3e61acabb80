/** From bytes that were just captured to a photo that a record can name: held durably first, then shown. No Vue. */
import { newId, type Device, type PhotoOf, type Position } from '../sync'
import { localInstant } from './instant'
import { faultOf, kindOf, mediaTypeOf } from './kinds'

export class CaptureRefused extends Error {
  constructor(readonly why: string) {
    super(why)
    this.name = 'CaptureRefused'
  }
}

export interface What {
  subject: PhotoOf['subject']
  role: PhotoOf['role']
  source: PhotoOf['source']
  at: Date
  position: Position | null
}

/**
 * Hold the original bytes and say of what, when and where they are. Raises CaptureRefused for what the server would
 * refuse, and whatever `hold` raises (no space left); nothing is half kept then.
 */
export async function keep(
  device: Pick<Device, 'hold' | 'db'>,
  bytes: Blob,
  filename: string,
  what: What,
  seconds: number | null = null,
): Promise<PhotoOf> {
  const mediaType = mediaTypeOf({ type: bytes.type, name: filename })
  const fault = faultOf(bytes, mediaType, seconds, await mostBytes(device))
  if (fault !== null || mediaType === null) throw new CaptureRefused(fault ?? 'kind-unknown')
  const held = await device.hold(bytes, filename, mediaType)
  const { subject, source, position } = what
  const role = kindOf(mediaType) === 'document' ? 'document' : what.role
  return { ...held, id: newId(), capturedAt: localInstant(what.at), position, source, subject, role }
}

async function mostBytes({ db }: Pick<Device, 'db'>): Promise<number | undefined> {
  const said = (await db.known('server'))?.limits.file_bytes
  return typeof said === 'number' ? said : undefined
}

/** Of a picture from the gallery: when it was made, as far as the file says, and no place; its EXIF may know more. */
export function fromGallery(file: File, subject: What['subject'], role: What['role']): What {
  return { subject, role, source: 'gallery', at: new Date(file.lastModified), position: null }
}

/** Seconds that a film or sound lasts; null where the browser cannot tell. */
export function secondsOf(file: Blob): Promise<number | null> {
  const url = URL.createObjectURL(file)
  const player = document.createElement('video')
  return new Promise<number | null>((resolve) => {
    player.preload = 'metadata'
    player.onloadedmetadata = () => resolve(Number.isFinite(player.duration) ? player.duration : null)
    player.onerror = () => resolve(null)
    player.src = url
  }).finally(() => URL.revokeObjectURL(url))
}
