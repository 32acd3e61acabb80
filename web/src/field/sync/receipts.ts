/** A device's side of receipts: the server's public keys that it has, and whether a receipt is what it claims.
 *
 * A receipt is a compact JWS with EdDSA over Ed25519; `kid` is the key's thumbprint (RFC 7638). One that does not hold
 * is flagged for a person; it never stops an op.
 */
import { base64url, fromBase64url, utf8 } from './bytes'
import { canonical } from './canonical'
import type { Change, FieldDatabase, OpRecord, OpResult } from './database'
import type { Json } from './types'

/** `unchecked`: this browser knows no Ed25519. */
export type Verdict = 'verified' | 'none' | 'unknown-key' | 'invalid' | 'unchecked'
export const DOUBTFUL: Verdict[] = ['unknown-key', 'invalid']

export async function thumbprint({ crv, kty, x }: JsonWebKey): Promise<string> {
  return base64url(await crypto.subtle.digest('SHA-256', canonical({ crv, kty, x })))
}

export class Receipts {
  constructor(private readonly db: FieldDatabase) {}

  /** Keys of the server, added to those at hand; what is none is left out. */
  async learning(jwks: unknown): Promise<Change[]> {
    const known = [...((await this.db.known('receipt_keys')) ?? []), ...(Array.isArray(jwks) ? jwks : [])]
    const keys = known.filter((jwk): jwk is JsonWebKey => typeof (jwk as JsonWebKey | null)?.x === 'string')
    const byX = new Map(keys.map((jwk) => [jwk.x, jwk]))
    return [['meta', 'receipt_keys', [...byX.values()]]]
  }

  /** What is to be thought of the receipt of an op that this device recorded. */
  async verdict(record: OpRecord, { receipt, status, seq }: OpResult): Promise<Verdict> {
    if (receipt == null) return 'none'
    const said = await this.opened(receipt)
    if (typeof said === 'string') return said
    const { id, stream, n, sha256 } = record
    const same = said.op === id && said.stream === stream && said.n === n && said.sha256 === sha256
    return same && said.status === status && said.seq === seq ? 'verified' : 'invalid'
  }

  private async opened(compact: string): Promise<Json | 'unknown-key' | 'invalid' | 'unchecked'> {
    const [head, payload, signature, ...more] = compact.split('.')
    if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return 'invalid'
    try {
      const header = read(head)
      if (header.alg !== 'EdDSA' || header.typ !== 'bluegrid-receipt' || 'crit' in header) return 'invalid'
      const jwk = await this.named(header.kid)
      if (jwk === null) return 'unknown-key'
      const { crv, kty, x } = jwk as { crv: string; kty: string; x: string }
      const key = await crypto.subtle.importKey('jwk', { crv, kty, x }, 'Ed25519', false, ['verify'])
      const holds = await crypto.subtle.verify('Ed25519', key, fromBase64url(signature), utf8(`${head}.${payload}`))
      return holds ? read(payload) : 'invalid'
    } catch (error) {
      return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unchecked' : 'invalid'
    }
  }

  private async named(kid: unknown): Promise<JsonWebKey | null> {
    for (const jwk of (await this.db.known('receipt_keys')) ?? []) if ((await thumbprint(jwk)) === kid) return jwk
    return null
  }
}

function read(part: string): Json {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64url(part)))
  if (typeof value !== 'object' || value === null) throw new RangeError('no object')
  return value as Json
}
