/** A whole sync: push, upload, pull, packs; what stands in the way goes into the report, never up as an exception. */
import { NoAnswer } from '@shared/problem'
import { NotEnrolled } from './outbox'
import type { Packs } from './packs'
import type { Photos } from './photos'
import type { Pull } from './pull'
import type { Push } from './push'
import type { Server } from './server'
import type { SyncReport } from './types'
import type { Uploads } from './uploads'

export class Syncing {
  constructor(
    private readonly server: Server,
    private readonly push: Push,
    private readonly uploads: Uploads,
    private readonly pull: Pull,
    private readonly packs: Packs,
    private readonly photos: Photos,
  ) {}

  async run(why: string): Promise<SyncReport> {
    const none = { acknowledged: 0, pulled: 0, uploaded: 0, waitingForWifi: 0, packsLacking: 0 }
    const report: SyncReport = { why, ...none, resynced: [], doubtful: [], trouble: null }
    try {
      await this.steps(report)
    } catch (error) {
      if (error instanceof NoAnswer) report.trouble = { code: 'no-answer' }
      else if (error instanceof NotEnrolled) report.trouble = { code: error.code }
      else report.trouble = { code: 'device-fault', detail: String(error) }
    }
    return report
  }

  private async steps(report: SyncReport): Promise<void> {
    if (!(await this.push.run(report))) return
    if (!(await this.upload(report))) return
    if (await this.pull.run(report)) report.packsLacking = await this.packs.refresh()
    await this.photos.collect()
    await this.server.renewToken()
  }

  /** Send photo bytes; one that cannot go now does not keep back the others, nor what is recorded meanwhile. */
  private async upload(report: SyncReport): Promise<boolean> {
    for (const record of await this.uploads.waiting()) {
      if (await this.uploads.mayWait(record)) {
        report.waitingForWifi += 1
        continue
      }
      if (await this.uploads.upload(record.sha256)) report.uploaded += 1
      if ((await this.push.pending()) && !(await this.push.run(report))) return false
    }
    const { epoch, backed_up_seq: backedUpSeq = 0 } = await this.server.known()
    await this.uploads.askStatus(backedUpSeq, epoch)
    return true
  }
}
