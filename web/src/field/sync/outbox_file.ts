/** The outbox as one encrypted file, for the worst day: a phone that gets no network any more, or is about to be lost.
 *
 * It holds every op and all photo bytes that are kept here, in pieces, so that it never has to be in memory at once.
 * `sync/outbox_file.py` reads it and describes its form; `flask --app wsgi devices hand-in FILE` hands it in.
 */
import { base64, utf8 } from './bytes'
import type { FieldDatabase } from './database'
import type { Json } from './types'

const MAGIC = 'BLUEGRID-OUTBOX-1\n'
const CHUNK_BYTES = 1024 * 1024
const ITERATIONS = 600_000
export const SHORTEST_PASSPHRASE = 8

export class PassphraseTooShort extends Error {
  readonly code = 'passphrase-too-short'
}

/** The file's bytes, piece by piece. Throws PassphraseTooShort. */
export async function* outboxFile(
  db: FieldDatabase,
  passphrase: string,
  { iterations = ITERATIONS, chunkBytes = CHUNK_BYTES } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if ([...passphrase].length < SHORTEST_PASSPHRASE) throw new PassphraseTooShort('too short')
  const [salt, prefix] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(8))]
  const said = { kdf: 'PBKDF2-SHA256', iterations, salt: base64(salt), cipher: 'AES-256-GCM', prefix: base64(prefix) }
  const header = utf8(`${MAGIC}${JSON.stringify(said)}\n`)
  const key = await keyOf(passphrase, salt, iterations)
  yield header
  let number = 0
  for await (const { data, last } of chunks(items(db, chunkBytes), chunkBytes)) {
    const iv = new Uint8Array([...prefix, ...bigEndian(number++)])
    const additionalData = new Uint8Array([...header, last ? 1 : 0])
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, data))
    yield new Uint8Array([...bigEndian(sealed.length)])
    yield sealed
  }
}

async function keyOf(passphrase: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(passphrase.normalize('NFC')), 'PBKDF2', false, ['deriveKey'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt'])
}

/** What the file says, before encryption: each item a length, a JSON text, and `size` bytes. */
async function* items(db: FieldDatabase, pieceBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [stream, install, server] = [await db.known('stream'), await db.known('install'), await db.known('server')]
  yield item({ kind: 'about', stream, install, server, submissions: await db.submissions.toArray() })
  for (const table of ['outbox', 'retained', 'aside'] as const) {
    for (const record of await db[table].orderBy('key').toArray()) yield item({ kind: 'op', table, record })
  }
  for (const record of await db.media.toArray()) {
    const bytes = await db.bytes.get(record.sha256)
    if (bytes === undefined) continue
    yield item({ kind: 'media', record, size: bytes.size })
    for (let at = 0; at < bytes.size; at += pieceBytes) {
      yield new Uint8Array(await bytes.slice(at, at + pieceBytes).arrayBuffer())
    }
  }
}

function item(value: Json): Uint8Array<ArrayBuffer> {
  const text = utf8(JSON.stringify(value))
  const whole = new Uint8Array(4 + text.length)
  whole.set(bigEndian(text.length))
  whole.set(text, 4)
  return whole
}

/** Pieces of any size as chunks of one size; the last one may be shorter. */
async function* chunks(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>, size: number) {
  let chunk = new Uint8Array(size)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      if (filled === size) {
        yield { data: chunk, last: false }
        ;[chunk, filled] = [new Uint8Array(size), 0]
      }
      const part = piece.subarray(at, at + size - filled)
      chunk.set(part, filled)
      ;[at, filled] = [at + part.length, filled + part.length]
    }
  }
  yield { data: chunk.slice(0, filled), last: true }
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
