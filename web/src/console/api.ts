/** The API as the console calls it: JSON in and out, problems as `Problem`, no answer as `NoAnswer`.
 *
 * Signed in by cookie; every change carries the proof of this sign-in. When the sign-in has ended, `hooks.signInAgain`
 * asks the person for it over the page, and the request is sent once more: who called it never notices.
 * Knows nothing of Vue.
 */
import { NoAnswer, problemOf, type Problem } from '@shared/problem'

export const BASE = '/api/v1'
export const PROOF = 'X-Bluegrid-Proof'

type Value = string | number | boolean | null | undefined
export type Query = Record<string, Value | readonly Value[]>

export interface Options {
  query?: Query
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** A page of a list; `total` only where it was asked for. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
  total?: number
  /** There are more than `total`: the server stops counting. */
  total_exceeded?: boolean
}

/** A file that is asked for: with a body by POST; `received` hears of the bytes that came, of how many if that is said. */
export interface FileOptions extends Options {
  body?: unknown
  received?: (bytes: number, of: number | null) => void
}

export interface Tagged<T> {
  body: T
  etag: string | null
}

export interface Hooks {
  /** Whether the person has signed in again. */
  signInAgain: () => Promise<boolean>
  /** The proof of the present sign-in, asked anew from the server; null without one. */
  freshProof: () => Promise<string | null>
}

const SIGN_IN_ENDED = new Set(['token-invalid', 'token-expired', 'token-revoked', 'sign-in-unfinished'])
const SAFE = new Set(['GET', 'HEAD'])

/** The address of a route of the API with its query; arrays repeat their name, empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? (value as readonly Value[]) : [value as Value]) {
      if (each !== null && each !== undefined && each !== '') asked.append(name, String(each))
    }
  }
  const said = asked.toString()
  return `${BASE}${path}${said ? `?${said}` : ''}`
}

/** The name that the server gives a file (RFC 6266), or null. */
export function fileName(disposition: string | null): string | null {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1]
  if (extended) return decodeURIComponent(extended)
  return /filename="?([^";]+)"?/i.exec(disposition ?? '')?.[1] ?? null
}

/** Save bytes on this computer under a name. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** The bytes of an answer, told of as they come. */
async function counted(answer: Response, received: NonNullable<FileOptions['received']>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  const said = answer.headers.get('Content-Length')
  let bytes = 0
  for (const reader = answer.body!.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(parts, { type: answer.headers.get('Content-Type') ?? '' })
    parts.push(value)
    received((bytes += value.byteLength), said === null ? null : Number(said))
  }
}

export class Api {
  proof: string | null = null
  hooks: Hooks = { signInAgain: () => Promise.resolve(false), freshProof: () => Promise.resolve(null) }

  constructor(private readonly send: typeof fetch = (...request) => fetch(...request)) {}

  async get<T>(path: string, options?: Options): Promise<T> {
    return (await (await this.answer('GET', path, undefined, options)).json()) as T
  }

  /** A document with its ETag; `null` when it is still the one of `etag`. */
  async getTagged<T>(path: string, etag: string | null = null, options: Options = {}): Promise<Tagged<T> | null> {
    const headers = { ...options.headers, ...(etag ? { 'If-None-Match': etag } : {}) }
    const answer = await this.answer('GET', path, undefined, { ...options, headers })
    if (answer.status === 304) return null
    return { body: (await answer.json()) as T, etag: answer.headers.get('ETag') }
  }

  post<T = void>(path: string, body?: unknown, options?: Options): Promise<T> {
    return this.change<T>('POST', path, body, options)
  }

  put<T = void>(path: string, body?: unknown, options?: Options): Promise<T> {
    return this.change<T>('PUT', path, body, options)
  }

  patch<T = void>(path: string, body?: unknown, options?: Options): Promise<T> {
    return this.change<T>('PATCH', path, body, options)
  }

  delete<T = void>(path: string, options?: Options): Promise<T> {
    return this.change<T>('DELETE', path, undefined, options)
  }

  /** Send a file with further fields of its form (multipart). */
  upload<T = void>(path: string, file: File, fields: Record<string, string> = {}, options?: Options): Promise<T> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', file)
    return this.change<T>('POST', path, form, options)
  }

  /** The pages of a list, one after the other, as long as somebody asks for them. */
  async *pages<T>(path: string, options: Options = {}): AsyncGenerator<Page<T>, void, undefined> {
    let cursor: string | null = null
    do {
      const query: Query = { ...options.query, ...(cursor ? { cursor } : {}) }
      const page: Page<T> = await this.get<Page<T>>(path, { ...options, query })
      yield page
      cursor = page.next_cursor
    } while (cursor)
  }

  /** All rows of a list; for short lists alone. */
  async all<T>(path: string, options: Options = {}): Promise<T[]> {
    const rows: T[] = []
    for await (const page of this.pages<T>(path, { ...options, query: { limit: 200, ...options.query } })) {
      rows.push(...page.items)
    }
    return rows
  }

  /** A file, with the name that the server gives it, and what else it says of it. */
  async file(path: string, options?: FileOptions): Promise<{ blob: Blob; name: string; headers: Headers }> {
    const method = options?.body === undefined ? 'GET' : 'POST'
    const answer = await this.answer(method, path, options?.body, options)
    const name = fileName(answer.headers.get('Content-Disposition')) ?? path.split('/').pop() ?? 'file'
    const blob = options?.received ? await counted(answer, options.received) : await answer.blob()
    return { blob, name, headers: answer.headers }
  }

  /** Save a file of the server on this computer. */
  async download(path: string, options?: FileOptions): Promise<string> {
    const { blob, name } = await this.file(path, options)
    save(blob, name)
    return name
  }

  /** The headers that a change needs; for libraries that send by themselves (tus). */
  headers(): Record<string, string> {
    return this.proof ? { [PROOF]: this.proof } : {}
  }

  private async change<T>(method: string, path: string, body: unknown, options?: Options): Promise<T> {
    const answer = await this.answer(method, path, body, options)
    const text = await answer.text()
    return (text ? JSON.parse(text) : undefined) as T
  }

  /** The raw answer; throws Problem, NoAnswer, and AbortError where the caller gave up. */
  async answer(method: string, path: string, body?: unknown, options: Options = {}): Promise<Response> {
    const first = await this.once(method, path, body, options)
    if (first.ok || first.status === 304) return first
    const problem = await problemOf(first)
    if (!(await this.mended(problem))) throw problem
    const second = await this.once(method, path, body, options)
    if (second.ok || second.status === 304) return second
    throw await problemOf(second)
  }

  /** Whether what the server missed is there now, so that it may be asked again. */
  private async mended(problem: Problem): Promise<boolean> {
    if (SIGN_IN_ENDED.has(problem.code)) return this.hooks.signInAgain()
    if (problem.code !== 'proof-missing') return false
    const before = this.proof
    this.proof = await this.hooks.freshProof()
    return this.proof !== null && this.proof !== before
  }

  private async once(method: string, path: string, body: unknown, options: Options): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json, */*;q=0.5', ...options.headers }
    if (!SAFE.has(method)) Object.assign(headers, this.headers())
    const raw = body instanceof FormData || body instanceof Blob
    if (body !== undefined && !raw) headers['Content-Type'] = 'application/json'
    try {
      return await this.send(address(path, options.query), {
        method,
        headers,
        body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
        credentials: 'same-origin',
        signal: options.signal,
      })
    } catch (error) {
      if (options.signal?.aborted) throw error
      throw new NoAnswer(error)
    }
  }
}

export const api = new Api()
