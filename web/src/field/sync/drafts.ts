/** Half-typed work, kept as it is typed: it survives a crash, and goes when it was submitted. */
import type { Clock } from './clock'
import type { FieldDatabase } from './database'

export class Drafts {
  constructor(
    private readonly db: FieldDatabase,
    private readonly clock: Clock,
  ) {}

  async get<T>(key: string): Promise<T | undefined> {
    return (await this.db.drafts.get(key))?.value as T | undefined
  }

  async keep(key: string, value: unknown): Promise<void> {
    await this.db.drafts.put({ key, value, at: this.clock.wall() })
  }

  async drop(key: string): Promise<void> {
    await this.db.drafts.delete(key)
  }
}
