/** What tus-js-client needs of its world here: requests through the device's transport, bytes out of its database,
 * and upload addresses kept in it, so that an upload goes on after a restart.
 */
import type { FileReader, HttpRequest, HttpResponse, HttpStack, UrlStorage } from 'tus-js-client'
import { base64 } from './bytes'
import type { FieldDatabase } from './database'
import type { Answer } from './transport'

type Send = (method: string, path: string, headers: Record<string, string>, body?: BodyInit | null) => Promise<Answer>

/** tus-js-client resolves addresses against a host; the transport knows the real one. */
export const HOST = 'https://server.invalid'

/** The server did not say whether it has an upload: the client would begin anew, and lose what is there. */
export class NotTold extends Error {}

/** Answers to HEAD, beside those of a server in trouble, that do not mean that the upload is gone. */
const ASK_LATER = [401, 403, 408, 423, 429]

class Request implements HttpRequest {
  private readonly headers: Record<string, string> = {}

  constructor(
    private readonly send_: Send,
    private readonly method: string,
    private readonly url: string,
  ) {}

  getMethod = (): string => this.method
  getURL = (): string => this.url
  getHeader = (name: string): string | undefined => this.headers[name]
  getUnderlyingObject = (): null => null
  setProgressHandler(): void {}
  async abort(): Promise<void> {}

  setHeader(name: string, value: string): void {
    this.headers[name] = value
  }

  async send(body: Blob | null): Promise<HttpResponse> {
    const path = this.url.replace(/^https?:\/\/[^/]+/, '')
    const data = body && new Uint8Array(await body.arrayBuffer())
    if (data) this.setHeader('Upload-Checksum', `sha256 ${base64(await crypto.subtle.digest('SHA-256', data))}`)
    const answer = await this.send_(this.method, path, this.headers, data)
    const later = answer.status >= 500 || ASK_LATER.includes(answer.status)
    if (this.method === 'HEAD' && later) throw new NotTold(answer.code)
    return new Response_(answer)
  }
}

class Response_ implements HttpResponse {
  constructor(readonly answer: Answer) {}

  getStatus = (): number => this.answer.status
  getHeader = (name: string): string | undefined => this.answer.headers[name.toLowerCase()]
  getBody = (): string => new TextDecoder().decode(this.answer.body)
  getUnderlyingObject = (): Answer => this.answer
}

export function httpStack(send: Send): HttpStack {
  return { createRequest: (method, url) => new Request(send, method, url), getName: () => 'device' }
}

/** Slices of a blob; the next one is read when it is sent. */
export const blobReader: FileReader = {
  async openFile(blob: Blob) {
    return {
      size: blob.size,
      slice: async (start: number, end: number) => ({ value: blob.slice(start, end), done: end >= blob.size }),
      close() {},
    }
  },
}

/** Upload addresses in the media table, by the SHA-256 of what is sent there.
 *
 * The client knows nothing of an address that cannot be kept; `failed` is told, and the upload goes no further.
 */
export function urlStorage(db: FieldDatabase, failed: (error: unknown) => void): UrlStorage {
  return {
    findAllUploads: async () => [],
    async findUploadsByFingerprint(sha256) {
      const record = await db.media.get(sha256)
      if (!record?.url) return []
      const rest = { metadata: {}, creationTime: '', parallelUploadUrls: null }
      return [{ size: record.size, urlStorageKey: sha256, uploadUrl: HOST + record.url, ...rest }]
    },
    async removeUpload(sha256) {
      await db.media.update(sha256, { url: null, sent: 0 })
    },
    async addUpload(sha256, { uploadUrl }) {
      try {
        await db.media.update(sha256, { url: (uploadUrl ?? '').replace(/^https?:\/\/[^/]+/, '') })
      } catch (error) {
        failed(error)
        return new Promise(() => {}) // it goes no further
      }
      return sha256
    },
  }
}
