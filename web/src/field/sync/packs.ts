/** Packs: immutable reference files (checklists, zones) that rows name by SHA-256, kept here for work without a network. */
import { sha256Hex } from './bytes'
import type { FieldDatabase } from './database'
import type { Server } from './server'

/** The field that names a file, by type of row. */
const NAMED_IN = { checklist: 'pack', zone_set: 'file' } as const

export class Packs {
  constructor(
    private readonly db: FieldDatabase,
    private readonly server: Server,
  ) {}

  /** Fetch what rows name and is not here, let go of what no row names. The number that could not be had. */
  async refresh(): Promise<number> {
    const named = await this.named()
    const here = new Set(await this.db.packs.toCollection().primaryKeys())
    let lacking = 0
    for (const sha256 of named) if (!here.has(sha256) && !(await this.fetched(sha256))) lacking += 1
    await this.db.packs.bulkDelete([...here].filter((sha256) => !named.has(sha256)))
    return lacking
  }

  private async named(): Promise<Set<string>> {
    const found = new Set<string>()
    for (const [type, field] of Object.entries(NAMED_IN)) {
      for (const { row } of await this.db.rows.where({ type }).toArray()) {
        if (typeof row[field] === 'string') found.add(row[field])
      }
    }
    return found
  }

  /** True when the server gave the file, and it is the one that its name says. */
  private async fetched(sha256: string): Promise<boolean> {
    const answer = await this.server.authorised('GET', `/api/v1/packs/${sha256}`)
    if (answer.status !== 200 || (await sha256Hex(answer.body)) !== sha256) return false
    await this.db.packs.put(new Blob([answer.body]), sha256)
    return true
  }
}
