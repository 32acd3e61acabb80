/** Digests: a scope's live entries in 16 bytes: XOR of the first 16 bytes of SHA-256("type|id|seq"), in hex. */
import { hex, utf8 } from './bytes'

export interface Digest {
  n: number
  x: string
}

export const EMPTY: Digest = { n: 0, x: '00'.repeat(16) }

/** An entry's 16 bytes. */
export async function ofEntry(type: string, id: string, seq: number): Promise<Uint8Array> {
  const whole = await crypto.subtle.digest('SHA-256', utf8(`${type}|${id}|${seq}`))
  return new Uint8Array(whole, 0, 16)
}

/** A digest that grows by an entry at a time. */
export class Growing {
  private n = 0
  private readonly x = new Uint8Array(16)

  add(entry: Uint8Array): void {
    this.n += 1
    for (let i = 0; i < 16; i++) this.x[i]! ^= entry[i]!
  }

  get value(): Digest {
    return { n: this.n, x: hex(this.x) }
  }
}
