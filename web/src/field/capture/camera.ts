/** The camera and the microphone inside the app: opened, one still taken, a film or a sound recorded. No Vue. */
import { FILM_S } from './kinds'

/** Why there is no picture: the key of a sentence that says what to do. */
export type CameraFault = 'refused' | 'none' | 'busy' | 'insecure' | 'failed'

export class CameraUnusable extends Error {
  constructor(
    readonly fault: CameraFault,
    cause?: unknown,
  ) {
    super(`camera ${fault}`, { cause })
    this.name = 'CameraUnusable'
  }
}

const FAULTS: Record<string, CameraFault> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

/** The rear camera at its best, with sound for a film; raises CameraUnusable. */
export function openCamera(sound: boolean): Promise<MediaStream> {
  return opened(
    { video: { facingMode: { ideal: 'environment' }, width: { ideal: 4096 }, height: { ideal: 3072 } } },
    sound,
  )
}

/** The camera for a film: 720 lines, so that a minute stays well below the server's limit. */
export function openForFilm(): Promise<MediaStream> {
  return opened(
    { video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } } },
    true,
  )
}

export function openMicrophone(): Promise<MediaStream> {
  return opened({}, true)
}

async function opened(wanted: MediaStreamConstraints, sound: boolean): Promise<MediaStream> {
  // The types promise mediaDevices; a page without HTTPS has none.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (devices === undefined) throw new CameraUnusable('insecure')
  try {
    return await devices.getUserMedia({ ...wanted, audio: sound })
  } catch (error) {
    throw new CameraUnusable(FAULTS[(error as DOMException).name] ?? 'failed', error)
  }
}

export function close(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/** `frame`: the picture is one of the moving image, with fewer points than the camera could give. */
export interface Still {
  blob: Blob
  frame: boolean
}

interface StillCamera {
  takePhoto(): Promise<Blob>
}
declare global {
  interface Window {
    ImageCapture?: new (track: MediaStreamTrack) => StillCamera
  }
}

/** One picture: the camera's own still where the browser gives it, otherwise a frame of `video`. */
export async function still(stream: MediaStream, video: HTMLVideoElement): Promise<Still> {
  const track = stream.getVideoTracks()[0]
  if (track !== undefined && window.ImageCapture !== undefined) {
    try {
      const blob = await new window.ImageCapture(track).takePhoto()
      if (blob.size > 0) return { blob, frame: false }
    } catch {
      // Some cameras promise a still and do not give it; the moving image is there.
    }
  }
  return { blob: await frameOf(video), frame: true }
}

async function frameOf(video: HTMLVideoElement): Promise<Blob> {
  if (video.videoWidth === 0) throw new CameraUnusable('failed')
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d')!.drawImage(video, 0, 0)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95))
  if (blob === null) throw new CameraUnusable('failed')
  return blob
}

const FILM_TYPES = ['video/mp4;codecs=avc1,mp4a.40.2', 'video/mp4', 'video/webm;codecs=vp8,opus', 'video/webm']
const SOUND_TYPES = ['audio/mp4', 'audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/webm']

export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined'
}

/** A recording under way. `done` gives the bytes, once it was stopped by hand or by itself. */
export interface Recording {
  startedAt: Date
  done: Promise<Blob>
  stop(): void
}

/** Record a film, or sound where the stream has no picture; films stop by themselves after FILM_S. */
export function record(stream: MediaStream, limitS: number = FILM_S): Recording {
  const types = stream.getVideoTracks().length > 0 ? FILM_TYPES : SOUND_TYPES
  const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type))
  const recorder = new MediaRecorder(stream, { ...(mimeType ? { mimeType } : {}), videoBitsPerSecond: 2_500_000 })
  const parts: Blob[] = []
  let timer: ReturnType<typeof setTimeout>
  const done = new Promise<Blob>((resolve, reject) => {
    recorder.ondataavailable = (event) => parts.push(event.data)
    recorder.onerror = (event) => reject(new CameraUnusable('failed', event))
    recorder.onstop = () => {
      clearTimeout(timer)
      resolve(new Blob(parts, { type: recorder.mimeType }))
    }
  })
  // In pieces of a second: what a crash of the recorder leaves is not the whole film.
  recorder.start(1_000)
  timer = setTimeout(stop, limitS * 1_000)
  function stop(): void {
    if (recorder.state !== 'inactive') recorder.stop()
  }
  return { startedAt: new Date(), done, stop }
}
