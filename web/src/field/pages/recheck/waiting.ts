/** Findings that are to be looked at again, the most urgent first. No Vue. */
import type { FindingRow, TaskRow } from '../finding/rows'

type Looked = Pick<FindingRow, 'id' | 'state' | 'merged_into'>

export interface Waiting<F extends Looked> {
  finding: F
  kind: 'recheck' | 'look-back'
  /** By when; null where nobody set a term. */
  due: string | null
}

/** Rechecks that a reply asks for, and look-backs that a task asks for now. */
export function waitingOf<F extends Looked>(
  findings: readonly F[],
  tasks: readonly TaskRow[],
  now: Date,
): Waiting<F>[] {
  const open = openTasks(tasks)
  const taskOf = (id: string, kind: string): TaskRow | undefined =>
    open.find((task) => task.source!.id === id && task.kind === kind)
  const found = findings.flatMap((finding): Waiting<F>[] => {
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

/** Tasks that are still to be done about a finding. */
export function openTasks(tasks: readonly TaskRow[]): TaskRow[] {
  return tasks.filter((task) => ['open', 'taken'].includes(task.state) && task.source?.type === 'finding')
}
