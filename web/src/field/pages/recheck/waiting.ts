/** Findings that are to be looked at again, the most urgent first. No Vue. */
import type { FindingView } from '../finding/echo'
import type { TaskRow } from '../finding/rows'

export interface Waiting {
  finding: FindingView
  kind: 'recheck' | 'look-back'
  /** By when; null where nobody set a term. */
  due: string | null
}

/** Rechecks that a reply asks for, and look-backs that a task asks for now. */
export function waitingOf(findings: readonly FindingView[], tasks: readonly TaskRow[], now: Date): Waiting[] {
  const open = tasks.filter((task) => ['open', 'taken'].includes(task.state) && task.source?.type === 'finding')
  const taskOf = (id: string, kind: string): TaskRow | undefined =>
    open.find((task) => task.source!.id === id && task.kind === kind)
  const found = findings.flatMap((finding): Waiting[] => {
    if (finding.merged_into !== null) return []
    if (['feedback', 'recheck'].includes(finding.state))
      return [{ finding, kind: 'recheck', due: taskOf(finding.id, 're-inspection')?.due_at ?? null }]
    const task = taskOf(finding.id, 'look-back')
    const early = task?.not_before != null && Date.parse(task.not_before) > now.getTime()
    if (finding.state !== 'look_back' && (finding.state !== 'closed' || task === undefined || early)) return []
    return [{ finding, kind: 'look-back', due: task?.due_at ?? null }]
  })
  const at = (due: string | null): number => (due === null ? Number.MAX_SAFE_INTEGER : Date.parse(due))
  return found.sort((one, two) => at(one.due) - at(two.due))
}
