/** One sync at a time for one database, across tabs by Web Locks; a second request in this tab joins the first. */

export class OneAtATime {
  private readonly running = new Map<string, Promise<unknown>>()

  constructor(private readonly name: string) {}

  /** Do `work` when nobody else works; while the same kind of work is under way in this tab, its outcome is shared. */
  async run<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const under = this.running.get(kind)
    if (under !== undefined) return under as Promise<T>
    const started = this.locked(work).finally(() => this.running.delete(kind))
    this.running.set(kind, started)
    return started
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    return (await navigator.locks.request(this.name, work)) as T
  }
}
