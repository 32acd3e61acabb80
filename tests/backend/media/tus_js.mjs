// One upload by tus-js-client, as a JSON object on the command line says; tells how it went in one JSON line.
//
// {endpoint, token, file, sha256, chunk, source: "buffer" | "stream", checksum, override, withCreation, racing, delays, url, stopAfter}
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

const [where, wanted] = process.argv.slice(2)
const tus = createRequire(`${where}/package.json`)('tus-js-client')
const job = JSON.parse(wanted)
const bytes = readFileSync(job.file)
const sent = []
let rival = job.racing ? bytes.subarray(0, job.racing) : null

// A camera that is still filming: pieces that come by and by. (A file's own stream makes this client wait for ever at
// its end, whatever the server.)
async function* filmed() {
  for (let at = 0; at < bytes.length; at += 300) {
    await setImmediate()
    yield bytes.subarray(at, at + 300)
  }
}

async function beforeRequest(request) {
  if (request.getMethod() !== (job.override ? 'POST' : 'PATCH') || request.getHeader('Upload-Offset') === undefined) return
  const offset = Number(request.getHeader('Upload-Offset'))
  if (job.checksum) {
    const piece = bytes.subarray(offset, offset + job.chunk)
    const digest = createHash(job.checksum).update(piece).digest('base64')
    request.setHeader('Upload-Checksum', `${job.checksum} ${digest}`)
  }
  if (rival !== null) {
    const first = rival
    rival = null
    await fetch(request.getURL(), { method: 'PATCH', body: first, headers: { ...request._headers } })
  }
}

const upload = new tus.Upload(job.source === 'stream' ? Readable.from(filmed(), { objectMode: false }) : bytes, {
  endpoint: job.endpoint,
  uploadUrl: job.url ?? null,
  headers: { Authorization: `Bearer ${job.token}` },
  metadata: { sha256: job.sha256, filename: 'IMG_1.jpg', filetype: 'image/jpeg' },
  chunkSize: job.chunk,
  uploadLengthDeferred: job.source === 'stream',
  uploadDataDuringCreation: job.withCreation ?? false,
  overridePatchMethod: job.override ?? false,
  retryDelays: job.delays ?? [],
  onBeforeRequest: beforeRequest,
  onAfterResponse: (request, response) => {
    sent.push([request.getMethod(), response.getStatus()])
    if (job.stopAfter && sent.length >= job.stopAfter) upload.abort().then(() => tell('stopped'))
  },
  onSuccess: () => tell('done'),
  onError: (error) => tell('failed', { status: error.originalResponse?.getStatus() ?? null, message: error.message }),
})

function tell(end, more = {}) {
  console.log(JSON.stringify({ end, url: upload.url, sent, ...more }))
}

upload.start()
