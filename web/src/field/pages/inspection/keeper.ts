/** Writes a value at every change, one write at a time, the newest last. No Vue; the caller says what went wrong. */

export class Keeper<T> {
  private waiting: { value: T } | null = null
  private writing: Promise<void> | null = null

  constructor(
    private readonly write: (value: T) => Promise<void>,
    private readonly told: (state: 'keeping' | 'kept' | 'failed') => void,
  ) {}

  /** Keep this value; what waits to be written is replaced by it. */
  keep(value: T): void {
    this.waiting = { value }
    this.writing ??= this.run()
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.writing !== null) await this.writing
  }

  private async run(): Promise<void> {
    this.told('keeping')
    let state: 'kept' | 'failed' = 'kept'
    while (this.waiting !== null) {
      const { value } = this.waiting
      this.waiting = null
      try {
        await this.write(value)
        state = 'kept'
      } catch {
        state = 'failed'
      }
    }
    this.writing = null
    this.told(state)
  }
}
