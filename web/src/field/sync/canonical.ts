/** One text for one value, the same as the server makes: keys sorted by code point, no spaces, whole numbers whole. */
import { hex, sha256Hex, utf8 } from './bytes'

/** The canonical JSON of a value; throws RangeError for what JSON or UTF-8 cannot say (NaN, a lone surrogate). */
export function canonical(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(written(value))
}

export async function fingerprint(value: unknown): Promise<string> {
  return sha256Hex(canonical(value))
}

function written(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  if (typeof value !== 'object') throw new RangeError(`JSON has no word for ${typeof value}`)
  const entries = Object.entries(value).sort(([a], [b]) => byCodePoint(a, b))
  return `{${entries.map(([key, part]) => `${text(key)}:${written(part)}`).join(',')}}`
}

function text(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new RangeError('a lone surrogate has no UTF-8')
  return JSON.stringify(value)
}

/** The shortest digits that mean the number, as the server writes them: exponents below 1e-4 have two digits. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError('JSON has no word for this number')
  if (Number.isInteger(value)) return BigInt(value).toString()
  if (Math.abs(value) >= 1e-4) return String(value)
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

/** UTF-8 keeps the order of code points, which UTF-16 does not. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [hex(utf8(a)), hex(utf8(b))]
  return left < right ? -1 : left > right ? 1 : 0
}
