/** The mirror: a device's copy of the rows in its scopes. It can be thrown away and pulled again at any time.
 *
 * Each row is kept with the set of scopes that it is in (and the `seq` of its entry in each); it goes when the set is
 * empty. An older `seq` never overwrites a newer one.
 */
import type { Change, FieldDatabase, MirrorRecord } from './database'
import { EMPTY, Growing, ofEntry, type Digest } from './digest'
import type { Row } from './types'

export interface Entry {
  scope: string
  kind: 'put' | 'leave' | 'delete'
  type: string
  id: string
  rev: number
  seq: number
  row: Row
}

export interface Page {
  cursor: string
  complete: boolean
  epoch: string
  scopes: { added: string[]; removed: string[] }
  entries: Entry[]
  digests: Record<string, Digest> | null
}

/** Rows are read in pieces of so many, so that 20,000 of them are never in memory at once. */
const PIECE = 2000

export class Mirror {
  /** The server's digests that this mirror was last found to agree with, while nothing changed since. */
  private agreed: string | null = null

  constructor(private readonly db: FieldDatabase) {}

  /** What a page changes; to be written together with its cursor. */
  async changes({ scopes, entries }: Page): Promise<Change[]> {
    const touched = new Map<string, MirrorRecord | null>()
    for (const [key, left] of await this.without(scopes.removed)) touched.set(key, left)
    const keys = [...new Set(entries.map(keyOf))].filter((key) => !touched.has(key))
    for (const record of await this.db.rows.bulkGet(keys)) if (record) touched.set(record.key, record)
    for (const entry of entries) touched.set(keyOf(entry), entered(touched.get(keyOf(entry)) ?? null, entry))
    if (touched.size > 0) this.agreed = null
    return [...touched].map(([key, record]) => ['rows', key, record])
  }

  /** The rows of some scopes, as they are without them. */
  private async without(scopes: string[]): Promise<[string, MirrorRecord | null][]> {
    if (scopes.length === 0) return []
    const gone = new Set(scopes)
    const records = await this.db.rows.where('scopes').anyOf(scopes).distinct().toArray()
    return records.map((record) => {
      const left = Object.entries(record.entered).filter(([scope]) => !gone.has(scope))
      return [record.key, left.length ? placed(record, Object.fromEntries(left)) : null]
    })
  }

  /** Drop what is known of some scopes, and the rows that are in no other. */
  async forgetting(scopes: string[]): Promise<Change[]> {
    this.agreed = null
    return (await this.without(scopes)).map(([key, record]) => ['rows', key, record])
  }

  /** Drop everything: a resync replaces the mirror, and only the mirror. */
  async clearing(): Promise<Change[]> {
    this.agreed = null
    const keys = await this.db.rows.toCollection().primaryKeys()
    return keys.map((key) => ['rows', key, null])
  }

  /** Per scope, as the server says them. */
  async digests(): Promise<Record<string, Digest>> {
    const found: Record<string, Growing> = {}
    for (let last = ''; ;) {
      const records = await this.db.rows.where('key').above(last).limit(PIECE).toArray()
      await Promise.all(records.map((record) => addTo(found, record)))
      if (records.length < PIECE) break
      last = records.at(-1)!.key
    }
    return Object.fromEntries(Object.entries(found).map(([scope, growing]) => [scope, growing.value]))
  }

  /** The scopes whose digest is not the one that the server says. */
  async differing(said: Record<string, Digest>): Promise<string[]> {
    const text = JSON.stringify(Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (text === this.agreed) return []
    const own = await this.digests()
    const other = Object.keys(said).filter((scope) => {
      const [mine, theirs] = [own[scope] ?? EMPTY, said[scope]!]
      return mine.n !== theirs.n || mine.x !== theirs.x
    })
    this.agreed = other.length === 0 ? text : null
    return other.sort()
  }
}

function keyOf({ type, id }: Entry): string {
  return `${type}|${id}`
}

/** A row's entries of one `seq` have one hash, however many scopes it is in. */
async function addTo(found: Record<string, Growing>, { type, id, entered }: MirrorRecord): Promise<void> {
  const seqs = [...new Set(Object.values(entered))]
  const hashes = new Map(await Promise.all(seqs.map(async (seq) => [seq, await ofEntry(type, id, seq)] as const)))
  for (const [scope, seq] of Object.entries(entered)) (found[scope] ??= new Growing()).add(hashes.get(seq)!)
}

/** A kept row after one entry; null when it is in no scope any more. */
function entered(now: MirrorRecord | null, entry: Entry): MirrorRecord | null {
  const scopes = { ...now?.entered }
  if ((scopes[entry.scope] ?? 0) >= entry.seq) return now
  if (entry.kind !== 'put') {
    delete scopes[entry.scope]
    return now && Object.keys(scopes).length > 0 ? placed(now, scopes) : null
  }
  scopes[entry.scope] = entry.seq
  if (now !== null && now.seq > entry.seq) return placed(now, scopes)
  const { type, id, rev, seq, row } = entry
  return placed({ key: keyOf(entry), type, id, rev, seq, row, scopes: [], entered: {} }, scopes)
}

function placed(record: MirrorRecord, entered: Record<string, number>): MirrorRecord {
  return { ...record, entered, scopes: Object.keys(entered).sort() }
}
