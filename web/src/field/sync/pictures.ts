/** Small pictures of photos that lie on the server, kept for work without a network: those that are wanted, as far as
 * they fit. Each can be fetched again, so that what this device alone has always goes first.
 */
import { write, type FieldDatabase } from './database'
import type { Server } from './server'
import { isRoomy } from './storage_state'
import type { Metered } from './uploads'

export const MOST_PICTURES = 200
export const MOST_BYTES = 24 * 1024 * 1024
/** More than one takes: with less room left none is fetched, only to be let go of again. */
const ONE_BYTES = 512 * 1024
/** Longer side, in pixels: sharp beside the camera and on a whole phone screen. */
const SIZE_PX = 800

export class Pictures {
  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Pick<Server, 'authorised'>,
    private readonly metered: Metered,
  ) {}

  /** Keep pictures of these photos, the most wanted first; all others go. The number that is still lacking.
   *
   * It fetches nothing while something waits to be sent, nor on mobile data where large files wait for Wi-Fi, nor on a
   * phone that is nearly full. Throws NoAnswer, StorageFull.
   */
  async keep(wanted: readonly string[]): Promise<number> {
    const list = [...new Set(wanted)].slice(0, MOST_PICTURES)
    const sizes = await this.sizes()
    await this.letGo([...sizes.keys()].filter((sha256) => !list.includes(sha256)))
    const originals = await this.db.bytes.where(':id').anyOf(list).primaryKeys()
    let [left, lacking, ended] = [MOST_BYTES, 0, false]
    for (const [i, sha256] of list.entries()) {
      if (!sizes.has(sha256) && !originals.includes(sha256)) {
        ended ||= left < ONE_BYTES || !(await this.mayFetch())
        const size: number | null | 'ended' = ended ? null : await this.fetched(sha256)
        if (size === 'ended') ended = true
        if (typeof size === 'number') sizes.set(sha256, size)
        else lacking += 1
      }
      left -= sizes.get(sha256) ?? 0
      if (left < 0) {
        await this.letGo(list.slice(i))
        break
      }
    }
    return lacking
  }

  /** By SHA-256, the bytes that each kept picture takes. */
  private async sizes(): Promise<Map<string, number>> {
    return new Map((await this.db.pictures.toArray()).map(({ sha256, bytes }) => [sha256, bytes?.size ?? 0]))
  }

  private async letGo(which: string[]): Promise<void> {
    await this.db.pictures.bulkDelete(which)
  }

  private async mayFetch(): Promise<boolean> {
    const policy = await this.db.known('media_policy')
    if (policy != null && policy.wifiOnlyAboveMb !== null && this.metered()) return false
    const waiting = await this.db.media.where('state').anyOf('waiting', 'uploading').count()
    return waiting + (await this.db.outbox.count()) === 0 && (await isRoomy(this.db))
  }

  /** The size of what was kept now; null where this one cannot be had, `ended` where the server gives none at present. */
  private async fetched(sha256: string): Promise<number | null | 'ended'> {
    const answer = await this.server.authorised('GET', `/api/v1/blobs/${sha256}/thumbnail?size=${SIZE_PX}`)
    const impossible = answer.code === 'no-thumbnail' // a film or a document: it is not asked for again
    if (answer.status !== 200 && !impossible) return [403, 404].includes(answer.status) ? null : 'ended'
    const bytes = impossible ? null : new Blob([answer.body], { type: 'image/jpeg' })
    await write(this.db, [['pictures', sha256, { sha256, bytes }]])
    return bytes?.size ?? 0
  }
}
