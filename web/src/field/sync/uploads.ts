/** Photo bytes on their way: tus 1.0.0, resuming at the byte where the last attempt stopped, also after a restart.
 *
 * Original bytes are deleted only when the server says `stored` with a `seq` that is backed up.
 */
import { NoAnswer } from '@shared/problem'
import { write, type Change, type FieldDatabase, type MediaRecord } from './database'
import type { Server } from './server'
import type { Failed } from './tus_upload'

const CHUNK_BYTES = 1024 * 1024
const SMALLEST_CHUNK = 1024
const ASKED_AT_ONCE = 200

interface Status {
  status: 'stored' | 'missing' | 'refused'
  seq?: number
  code?: string
}

/** What the phone is connected by: on mobile data large originals may have to wait, as the person chose. */
export type Metered = () => boolean

/** True when the browser says that it is on mobile data, or that bytes cost; one that cannot tell counts as free. */
export function onMeteredNetwork(): boolean {
  const { connection } = navigator as { connection?: { type?: string; saveData?: boolean } }
  return connection?.type === 'cellular' || connection?.saveData === true
}

export class Uploads {
  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Server,
    private readonly metered: Metered,
  ) {}

  /** Photos that the server does not have whole, smallest first: on a bad network small ones get through. */
  async waiting(): Promise<MediaRecord[]> {
    const found = await this.db.media.where('state').anyOf('waiting', 'uploading').toArray()
    return found.sort((a, b) => a.size - b.size || (a.sha256 < b.sha256 ? -1 : 1))
  }

  /** True when the person wants this one to wait for a network that costs nothing. */
  async mayWait({ size, mediaType }: MediaRecord): Promise<boolean> {
    const policy = await this.db.known('media_policy')
    if (policy === undefined || !this.metered()) return false
    const large = policy.wifiOnlyAboveMb !== null && size > policy.wifiOnlyAboveMb * 1024 * 1024
    return large || (policy.filmsOnWifiOnly && mediaType.startsWith('video/'))
  }

  /** Send what the server lacks of one photo; true when it has all of it. Throws NoAnswer. */
  async upload(sha256: string): Promise<boolean> {
    const [record, bytes] = [await this.db.media.get(sha256), await this.db.bytes.get(sha256)]
    if (record === undefined) return false
    if (bytes === undefined) {
      await this.db.media.update(sha256, { state: 'refused', kept: false, problem: 'bytes-lost' })
      return false
    }
    const { attempt } = await client()
    await this.db.media.update(sha256, { state: 'uploading' })
    for (;;) {
      const chunk = Math.min(CHUNK_BYTES, (await this.db.known('chunk_bytes')) ?? CHUNK_BYTES)
      const failed = await attempt(this.db, this.server, record, bytes, chunk)
      if (failed === null) {
        await this.db.media.update(sha256, { state: 'sent', sent: record.size })
        return true
      }
      if (!(await this.mended(sha256, failed, chunk))) return false
    }
  }

  /** What to do about a failed attempt; true to try again at once. Throws what kept it from an answer. */
  private async mended(sha256: string, { answer, method, notTold, cause }: Failed, chunk: number): Promise<boolean> {
    if (notTold) return false
    if (answer === undefined) throw cause
    if (method === 'PATCH') {
      if (answer.status === 413 && chunk > SMALLEST_CHUNK) {
        // something on the way takes no chunk of this size: halve, and keep to it after a restart as well
        await write(this.db, [['meta', 'chunk_bytes', Math.max(SMALLEST_CHUNK, Math.floor(chunk / 2))]])
        return true
      }
      // gone, or the whole did not fit its hash: begin anew next time
      if ([404, 410, 460].includes(answer.status)) await this.db.media.update(sha256, { url: null, sent: 0 })
    } else if (method === 'POST' && [413, 415, 422].includes(answer.status)) {
      // no later try can mend it: shown, and the bytes stay until a person decides
      await this.db.media.update(sha256, { state: 'refused', problem: answer.code })
      return false
    }
    await this.db.media.update(sha256, { state: 'waiting' })
    return false
  }

  /** Ask what became of all photos still here; delete bytes that are stored and backed up.
   *
   * A server restored since counts its `seq` anew: `backedUpSeq` belongs to the epoch that this device knows.
   */
  async askStatus(backedUpSeq: number, epoch: string): Promise<void> {
    const here = await this.db.media.filter(({ kept, state }) => kept && state !== 'held').toArray()
    for (let start = 0; start < here.length; start += ASKED_AT_ONCE) {
      const asked = here.slice(start, start + ASKED_AT_ONCE)
      const sha256 = asked.map((record) => record.sha256)
      const answer = await this.server.authorised('POST', '/api/v1/media/status', { sha256 })
      if (answer.status !== 200) return
      const told = answer.json() as { epoch?: string; items: Record<string, Status> }
      const upTo = told.epoch === undefined || told.epoch === epoch ? backedUpSeq : -1
      await write(
        this.db,
        asked.flatMap((record) => changed(record, told.items[record.sha256], upTo)),
      )
    }
  }
}

/** What sends bytes; asked for with the first of them, since most syncs have none. Throws NoAnswer where it cannot be had. */
async function client(): Promise<typeof import('./tus_upload')> {
  return import('./tus_upload').catch((error: unknown) => {
    throw new NoAnswer(error)
  })
}

function changed(record: MediaRecord, said: Status | undefined, backedUpSeq: number): Change[] {
  const { sha256, state } = record
  const put = (values: Partial<MediaRecord>): Change => ['media', sha256, { ...record, ...values }]
  if (said?.status === 'stored') {
    const seq = said.seq!
    const now = { state: 'stored', sent: record.size, seq, url: null, problem: null } as const
    return seq <= backedUpSeq ? [put({ ...now, kept: false }), ['bytes', sha256, null]] : [put(now)]
  }
  if (said?.status === 'refused') return [put({ state: 'refused', problem: said.code ?? null })]
  if (said !== undefined && (state === 'sent' || state === 'stored')) {
    return [put({ state: 'waiting', url: null, sent: 0, seq: null })]
  }
  return []
}
