/** The history of a finding, told by its stays with offices: what was done before, during and after each. */
import type { CaseStep, Hop } from './finding'

export interface Chapter {
  hop: Hop | null
  steps: CaseStep[]
}

/** Steps in their order, gathered under the stay that they fell in; null: with no office. */
export function chapters(steps: readonly CaseStep[], hops: readonly Hop[]): Chapter[] {
  const found: Chapter[] = []
  const told = new Set<string>()
  for (const step of [...steps].sort((a, b) => a.n - b.n)) {
    const at = new Date(step.at).getTime()
    // A stay begins with the step that gives it and ends with the one that ends it; of two that touch the later counts.
    const during = hops.findLast(
      (hop) =>
        new Date(hop.given_at).getTime() <= at && (hop.ended_at === null || at <= new Date(hop.ended_at).getTime()),
    )
    const last = found.at(-1)
    if (last && (last.hop?.id ?? null) === (during?.id ?? null)) last.steps.push(step)
    else found.push({ hop: during ?? null, steps: [step] })
    if (during) told.add(during.id)
  }
  for (const hop of hops) if (!told.has(hop.id)) found.push({ hop, steps: [] })
  return found
}
