/** Enrolment: an invitation becomes a stream, a token and the server's limits. */
import { newId } from './clock'
import { TipMoved, write, type Change, type FieldDatabase, type ServerKnown } from './database'
import { publicKey } from './device_key'
import type { Outbox } from './outbox'
import type { Photos } from './photos'
import type { Receipts } from './receipts'
import type { Server } from './server'
import type { Json } from './types'

export interface App {
  version: string
  platform: string
}

/** The invitation is another person's, and this device still has work of the one before, which must not go in her name. */
export class WorkOfAnother extends Error {
  readonly code = 'work-of-another'

  constructor(readonly owner: string) {
    super(`this device still keeps work of ${owner}`)
  }
}

type Said = Json & { stream: string; token: string } & ServerKnown

export class Enrolment {
  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Server,
    private readonly outbox: Outbox,
    private readonly photos: Photos,
    private readonly receipts: Receipts,
    private readonly app: App,
  ) {}

  /** Take an invitation: its code, or the link that holds it. Again with the same code after a lost answer is harmless.
   *
   * Enrolling anew re-issues everything that is still here in the new stream. Throws Problem, NoAnswer, WorkOfAnother.
   */
  async enrol(code: string, name: string): Promise<void> {
    const answer = await this.server.open('POST', '/api/v1/devices/enrol', {
      code: codeOf(code),
      install: await this.install(),
      name,
      platform: this.app.platform,
      app: this.app.version,
      public_key: { ...(await publicKey(this.db)) },
    })
    if (answer.status !== 201) throw answer.problem()
    const said = answer.json() as Said
    await this.requireSamePerson(said)
    for (;;) {
      const before = await this.db.known('stream')
      try {
        await write(this.db, [...(await this.identity(said)), ...(await this.moved(said))], before)
        return
      } catch (error) {
        if (!(error instanceof TipMoved)) throw error
      }
    }
  }

  /** The work that is here was signed and is to be answered for by the one who did it. */
  private async requireSamePerson({ user }: Said): Promise<void> {
    const before = (await this.db.known('server'))?.user
    if (before === undefined || before.id === user.id) return
    const { outbox, retained, aside, media } = this.db
    const ops = (await outbox.count()) + (await retained.count()) + (await aside.count())
    const photos = await media.filter(({ kept }) => kept).count()
    if (ops + photos > 0) throw new WorkOfAnother(String(before.display_name ?? before.name))
  }

  /** Names this installation, from its first try to enrol on. */
  private async install(): Promise<string> {
    return this.db.transaction('rw', this.db.meta, async () => {
      const found = await this.db.known('install')
      if (found !== undefined) return found
      const made = newId()
      await this.db.meta.put(made, 'install')
      return made
    })
  }

  private async identity({ token, epoch, limits, user, receipt_key: key }: Said): Promise<Change[]> {
    const server: ServerKnown = { epoch, limits, user }
    const learnt = key == null ? [] : await this.receipts.learning([key])
    const fresh: Change[] = ['token_before', 'token_at'].map((name) => ['meta', name, null])
    return [['meta', 'token', token], ...fresh, ['meta', 'server', server], ...learnt]
  }

  /** What becomes of what is here already. */
  private async moved({ stream, epoch, user }: Said): Promise<Change[]> {
    const [before, server] = [await this.db.known('stream'), await this.db.known('server')]
    if (server !== undefined && server.user.id !== user.id) {
      // nothing of the one before waits here any more: what she sees as hers is not the next one's
      const hers = await this.db.submissions.toCollection().primaryKeys()
      const gone = hers.map((id): Change => ['submissions', id, null])
      for (const sha256 of await this.db.pictures.toCollection().primaryKeys()) gone.push(['pictures', sha256, null])
      return [['meta', 'stream', { id: stream, n: 0, sha256: null }], ...gone, ...(await this.server.forgetting())]
    }
    if (before?.id === stream) {
      return server !== undefined && server.epoch !== epoch ? this.server.unsent() : []
    }
    const kept = [...(await this.outbox.unsent()), ...(await this.db.retained.toArray())]
    kept.sort((a, b) => (a.key < b.key ? -1 : 1))
    const again = await this.outbox.reissue(stream, kept)
    return [...again, ...(await this.photos.unsend()), ...(await this.server.forgetting())]
  }
}

/** The code in an invitation's link (`…/app/#/enrol/<code>`), or the code itself. */
export function codeOf(text: string): string {
  return text
    .trim()
    .replace(/^.*\/enrol\//, '')
    .replace(/[/?#].*$/, '')
}
