/** Pull: rows come down until the mirror agrees with the server's digests. */
import { write, type Change, type FieldDatabase } from './database'
import type { Mirror, Page } from './mirror'
import type { Outbox } from './outbox'
import { troubleOf, type Server } from './server'
import type { Answer } from './transport'
import type { SyncReport } from './types'

/** In one pull: after that the fault is not in this mirror, and a person has to see it. */
export const MAX_RESYNCS = 5

export class Pull {
  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Server,
    private readonly outbox: Outbox,
    private readonly mirror: Mirror,
  ) {}

  /** Take in what changed; true after a complete page whose digests agree.
   *
   * However long the way is: pages are counted only when they end in starting over.
   */
  async run(report: SyncReport): Promise<boolean> {
    let again: string[] = []
    for (let resyncs = 0; resyncs < MAX_RESYNCS;) {
      const answer = await this.server.authorised('GET', await this.path(again))
      if (answer.status === 410 || answer.code === 'cursor-invalid') {
        await this.resync(answer)
        report.resynced.push(answer.code)
        ;[resyncs, again] = [resyncs + 1, []]
        continue
      }
      if (answer.status !== 200) {
        report.trouble = troubleOf(answer)
        return false
      }
      const page = answer.json() as unknown as Page
      if (await this.server.epochChanged(page.epoch)) {
        ;[resyncs, again] = [resyncs + 1, []]
        continue
      }
      await this.apply(page, again)
      report.pulled += page.entries.length
      again = page.complete ? await this.mirror.differing(page.digests ?? {}) : []
      report.resynced.push(...again)
      if (page.complete && again.length === 0) {
        await write(this.db, await this.outbox.pruning(await this.server.backedUpSeq()))
        return true
      }
      if (page.complete || page.entries.length === 0) resyncs += 1 // a page with nothing on it leads nowhere either
    }
    report.trouble = { code: 'mirror-differs', ...(again.length > 0 && { detail: again.join(', ') }) }
    return false
  }

  private async path(again: string[]): Promise<string> {
    const cursor = await this.db.known('cursor')
    const words = cursor === undefined ? [] : [`cursor=${encodeURIComponent(cursor)}`]
    words.push(...again.map((scope) => `again=${encodeURIComponent(scope)}`))
    return `/api/v1/sync/pull${words.length > 0 ? `?${words.join('&')}` : ''}`
  }

  /** Rows, results and the cursor in one write, so that a crash leaves either all or nothing of a page. */
  private async apply(page: Page, again: string[]): Promise<void> {
    await write(this.db, await this.mirror.forgetting(again))
    const changes: Change[] = await this.mirror.changes(page)
    for (const { type, kind, row, seq } of page.entries) {
      if (type === 'op_result' && kind === 'put') changes.push(...(await this.outbox.decidedLater(row, seq)))
    }
    await write(this.db, [...changes, ['meta', 'cursor', page.cursor]])
  }

  private async resync(answer: Answer): Promise<void> {
    const epoch = answer.json().epoch
    if (answer.code === 'epoch-changed' && (await this.server.epochChanged(String(epoch)))) return
    await write(this.db, await this.server.forgetting())
  }
}
