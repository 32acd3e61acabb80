/** QR codes in pictures: by the browser's own detector where there is one, else by jsQR, which is loaded when first needed. */

interface Detector {
  detect(picture: CanvasImageSource): Promise<{ rawValue: string }[]>
}
type DetectorMaker = {
  new (options: { formats: string[] }): Detector
  getSupportedFormats(): Promise<string[]>
}

export type Reader = (picture: HTMLVideoElement | ImageBitmap) => Promise<string | null>

/** Enough for a label at arm's length, and little enough for a slow phone. */
const LONG_SIDE = 800

export async function makeReader(): Promise<Reader> {
  const Maker = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector
  const formats: string[] = Maker ? await Maker.getSupportedFormats().catch(() => []) : []
  if (Maker && formats.includes('qr_code')) {
    const detector = new Maker({ formats: ['qr_code'] })
    return async (picture) => (await detector.detect(picture).catch(() => []))[0]?.rawValue ?? null
  }
  const { default: jsQR } = await import('jsqr')
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return async (picture) => {
    const size = sizeOf(picture)
    if (context === null || size.width === 0) return null
    const scale = Math.min(1, LONG_SIDE / Math.max(size.width, size.height))
    canvas.width = Math.round(size.width * scale)
    canvas.height = Math.round(size.height * scale)
    context.drawImage(picture, 0, 0, canvas.width, canvas.height)
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height)
    return jsQR(data, width, height, { inversionAttempts: 'attemptBoth' })?.data || null
  }
}

function sizeOf(picture: HTMLVideoElement | ImageBitmap): { width: number; height: number } {
  return picture instanceof HTMLVideoElement
    ? { width: picture.videoWidth, height: picture.videoHeight }
    : { width: picture.width, height: picture.height }
}
