/** One run of tus-js-client for one photo: from the byte where the last one stopped to the end, or to a failure. */
import { DetailedError, Upload, type UploadOptions } from 'tus-js-client'
import type { FieldDatabase, MediaRecord } from './database'
import type { Server } from './server'
import type { Answer } from './transport'
import { blobReader, HOST, httpStack, NotTold, urlStorage } from './tus_http'

/** Where a run stopped: what the server answered to which method, or, without an answer, why there is none. */
export interface Failed {
  answer: Answer | undefined
  method: string
  /** The server did not say whether it has an upload. */
  notTold: boolean
  cause: Error
}

/** Send what the server lacks, in chunks of so many bytes; null when all went. */
export async function attempt(
  db: FieldDatabase,
  server: Pick<Server, 'send'>,
  { sha256, filename, mediaType }: MediaRecord,
  bytes: Blob,
  chunkSize: number,
): Promise<Failed | null> {
  const options: UploadOptions = {
    endpoint: `${HOST}/api/v1/media`,
    metadata: { sha256, filename, filetype: mediaType },
    chunkSize,
    // another request of this device was faster: the client asks where it is and goes on
    retryDelays: [0],
    onShouldRetry: (error) => error.originalResponse?.getStatus() === 409,
    fingerprint: async () => sha256,
    fileReader: blobReader,
    httpStack: httpStack((...request) => server.send(...request)),
    onChunkComplete: (_, sent) => void db.media.update(sha256, { sent }).catch(() => {}), // for the eye only
  }
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => (error instanceof DetailedError ? resolve(failed(error)) : reject(error))
    const storage = { urlStorage: urlStorage(db, reject) }
    const upload = new Upload(bytes, { ...options, ...storage, onError, onSuccess: () => resolve(null) })
    const resumed = upload.findPreviousUploads().then(([before]) => {
      if (before !== undefined) upload.resumeFromPreviousUpload(before)
      upload.start()
    })
    resumed.catch(reject)
  })
}

function failed(error: DetailedError): Failed {
  return {
    answer: error.originalResponse?.getUnderlyingObject() as Answer | undefined,
    method: error.originalRequest.getMethod(),
    notTold: error.causingError instanceof NotTold,
    cause: error.causingError ?? error,
  }
}
