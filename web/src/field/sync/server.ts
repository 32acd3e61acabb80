/** What this device knows of its server, and requests with its token. */
import type { Clock } from './clock'
import type { Change, FieldDatabase, ServerKnown } from './database'
import { write } from './database'
import { NotEnrolled, type Outbox } from './outbox'
import type { Mirror } from './mirror'
import type { Photos } from './photos'
import type { Answer, Transport } from './transport'
import type { Json, Trouble } from './types'

/** A token that was copied from a lost phone's backup is of use for so long at most. */
const RENEWED_MS = 30 * 86_400_000
export const JSON_TYPE = { 'Content-Type': 'application/json' }

export class Server {
  constructor(
    private readonly db: FieldDatabase,
    private readonly transport: Transport,
    private readonly outbox: Outbox,
    private readonly mirror: Mirror,
    private readonly photos: Photos,
    private readonly clock: Clock,
  ) {}

  async known(): Promise<ServerKnown> {
    const found = await this.db.known('server')
    if (found === undefined) throw new NotEnrolled('not enrolled')
    return found
  }

  async backedUpSeq(): Promise<number> {
    return (await this.known()).backed_up_seq ?? 0
  }

  async open(method: string, path: string, body?: Json): Promise<Answer> {
    return this.transport.send(method, path, body ? JSON_TYPE : {}, body && JSON.stringify(body))
  }

  async authorised(method: string, path: string, body?: Json): Promise<Answer> {
    return this.send(method, path, body ? JSON_TYPE : {}, body && JSON.stringify(body))
  }

  /** A request with this device's token. A server restored from a backup may know only the one before it: then that is
   * the token again.
   */
  async send(method: string, path: string, headers: Record<string, string>, body?: BodyInit | null): Promise<Answer> {
    const asked = (token = ''): Promise<Answer> =>
      this.transport.send(method, path, { ...headers, Authorization: `Bearer ${token}` }, body)
    const answer = await asked(await this.db.known('token'))
    if (answer.status !== 401 || answer.code !== 'token-invalid') return answer
    const before = await this.db.known('token_before')
    const again = before === undefined ? answer : await asked(before)
    if (again.status === 401) return answer
    await write(this.db, [
      ['meta', 'token', before],
      ['meta', 'token_before', null],
    ])
    return again
  }

  /** After a restore: before anything else, everything that is still here counts as unsent. */
  async epochChanged(epoch: string): Promise<boolean> {
    const server = await this.known()
    if (server.epoch === epoch) return false
    const known: Change = ['meta', 'server', { ...server, epoch, backed_up_seq: 0 }]
    await write(this.db, [known, ...(await this.unsent())])
    return true
  }

  /** All that this device still has counts as unsent, and the mirror is forgotten. */
  async unsent(): Promise<Change[]> {
    return [...(await this.outbox.unsendAll()), ...(await this.photos.unsend()), ...(await this.forgetting())]
  }

  async forgetting(): Promise<Change[]> {
    return [...(await this.mirror.clearing()), ['meta', 'cursor', null]]
  }

  /** A fresh token; the old one works until this one is first used, so a lost answer locks nobody out. */
  async rotateToken(): Promise<boolean> {
    const answer = await this.authorised('POST', '/api/v1/devices/token')
    const { token } = answer.json()
    if (answer.status !== 201 || typeof token !== 'string') return false
    await write(this.db, [
      ['meta', 'token_before', (await this.db.known('token')) ?? null],
      ['meta', 'token', token],
      ['meta', 'token_at', this.clock.nowMs()],
    ])
    return true
  }

  /** Rotate a token that is old by this device's clock; where that jumped, once more than needed. */
  async renewToken(): Promise<void> {
    const [since, now] = [await this.db.known('token_at'), this.clock.nowMs()]
    if (since === undefined) await write(this.db, [['meta', 'token_at', now]])
    else if (Math.abs(now - since) > RENEWED_MS) await this.rotateToken()
  }
}

/** What an answer that nobody here can mend says. */
export function troubleOf(answer: Answer): Trouble {
  const { detail } = answer.json()
  return {
    code: answer.code,
    status: answer.status,
    ...(typeof detail === 'string' && { detail }),
    ...(answer.retryAfterS !== undefined && { retryAfterS: answer.retryAfterS }),
  }
}
