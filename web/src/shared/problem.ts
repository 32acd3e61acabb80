/** Problems of the API (RFC 9457), as exceptions. */

export interface ProblemJson {
  status: number
  code: string
  title?: string
  detail?: string
  [extra: string]: unknown
}

/** The server answered with a problem; `code` is stable, `detail` a sentence for a person. */
export class Problem extends Error {
  constructor(readonly said: ProblemJson) {
    super(said.detail ?? said.title ?? said.code)
    this.name = 'Problem'
  }

  get code(): string {
    return this.said.code
  }

  get status(): number {
    return this.said.status
  }
}

/** No answer came: no network, a server that is down, or a cut connection. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('no answer', { cause })
    this.name = 'NoAnswer'
  }
}

/** The problem that an answer holds; one of another shape (a proxy's page) becomes `http-<status>`. */
export async function problemOf(answer: Response): Promise<Problem> {
  const said: unknown = await answer.json().catch(() => null)
  const body = typeof said === 'object' && said !== null ? (said as Partial<ProblemJson>) : {}
  return new Problem({ ...body, status: answer.status, code: body.code ?? `http-${answer.status}` })
}
