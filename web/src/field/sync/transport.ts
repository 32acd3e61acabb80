/** Requests to the one server, as the sync needs them: an answer whole, or NoAnswer. */
import { NoAnswer, Problem, type ProblemJson } from '@shared/problem'
import type { Json } from './types'

export class Answer {
  constructor(
    readonly status: number,
    /** Names in lower case. */
    readonly headers: Record<string, string>,
    readonly body: Uint8Array<ArrayBuffer>,
  ) {}

  /** What the body says; an empty object when it is no JSON object. */
  json(): Json {
    try {
      const said: unknown = JSON.parse(new TextDecoder().decode(this.body))
      return typeof said === 'object' && said !== null && !Array.isArray(said) ? (said as Json) : {}
    } catch {
      return {}
    }
  }

  /** The problem's stable code; a proxy's page has `http-<status>`. */
  get code(): string {
    const { code } = this.json()
    return typeof code === 'string' ? code : `http-${this.status}`
  }

  problem(): Problem {
    return new Problem({ ...(this.json() as Partial<ProblemJson>), status: this.status, code: this.code })
  }

  /** Seconds after which to ask again, where the server says it. */
  get retryAfterS(): number | undefined {
    const said = Number(this.headers['retry-after'])
    return Number.isFinite(said) && said > 0 ? said : undefined
  }
}

export interface Transport {
  /** One request; throws NoAnswer when no whole answer came: whether the server acted is not known. */
  send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer>
}

/** How long to wait for an answer to begin, or for more of it; a slow network still carries some bytes a second. */
const PATIENCE_MS = 60_000
const SLOWEST_BYTES_PER_MS = 4

export class FetchTransport implements Transport {
  constructor(private readonly base = '') {}

  async send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer> {
    const { signal, more, end } = patience()
    more(PATIENCE_MS + Math.ceil(sizeOf(body) / SLOWEST_BYTES_PER_MS))
    const how: RequestInit = { method, headers, body: body ?? null, cache: 'no-store', credentials: 'omit', signal }
    try {
      const response = await fetch(this.base + path, how)
      const whole = await read(response, () => more(PATIENCE_MS))
      return new Answer(response.status, Object.fromEntries(response.headers), whole)
    } catch (error) {
      throw new NoAnswer(error)
    } finally {
      end()
    }
  }
}

/** An end to waiting that moves on with `more`. */
function patience() {
  const abort = new AbortController()
  let timer: ReturnType<typeof setTimeout>
  const more = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => abort.abort(), ms)
  }
  return { signal: abort.signal, more, end: () => clearTimeout(timer) }
}

/** All of an answer's body; `came` is told of each piece of it. */
async function read(response: Response, came: () => void): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    pieces.push(next.value)
    came()
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}

function sizeOf(body: BodyInit | null | undefined): number {
  if (body instanceof Blob) return body.size
  if (typeof body === 'string') return body.length
  return body instanceof Uint8Array || body instanceof ArrayBuffer ? body.byteLength : 0
}
