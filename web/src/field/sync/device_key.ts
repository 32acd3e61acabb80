/** The device's signing key: WebCrypto P-256, not extractable, kept in IndexedDB as a key object.
 *
 * Signatures are ES256: raw r||s in base64url over the bytes of an op's body.
 */
import { base64url } from './bytes'
import type { FieldDatabase } from './database'
import type { Signer } from './outbox'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' }

export interface PublicKey {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
}

/** The key's public half, made now if there is none. Two tabs that make one at once agree on the first kept. */
export async function publicKey(db: FieldDatabase): Promise<PublicKey> {
  const found = (await db.known('key')) ?? (await made(db))
  const { x, y } = found.jwk as { x: string; y: string }
  return { kty: 'EC', crv: 'P-256', x, y }
}

async function made(db: FieldDatabase) {
  const pair = await crypto.subtle.generateKey(P256, false, ['sign', 'verify'])
  const key = { privateKey: pair.privateKey, jwk: await crypto.subtle.exportKey('jwk', pair.publicKey) }
  return db.transaction('rw', db.meta, async () => {
    const other = await db.known('key')
    if (other !== undefined) return other
    await db.meta.put(key, 'key')
    return key
  })
}

/** What signs ops; null for a stream that was enrolled without a key. */
export async function signer(db: FieldDatabase): Promise<Signer | null> {
  const found = await db.known('key')
  if (found === undefined) return null
  const how = { name: 'ECDSA', hash: 'SHA-256' }
  return async (body) => base64url(await crypto.subtle.sign(how, found.privateKey, body))
}
