/** Which photos have to be at hand where there is no network: those of findings that are to be looked at again. No Vue. */
import type { Device, Person } from '../../sync'
import type { FindingRow, TaskRow } from '../finding/rows'
import { openTasks, waitingOf } from './waiting'

/** Of one finding: what it was and what was replied, not every photo of a long case. */
const MOST_OF_ONE = 8
const SHOWN = ['before', 'scene', 'after']

/** Photos by SHA-256, the most wanted first: one of each finding by its term, then the others in the same order.
 *
 * Findings are those that wait now, and those of this person's tasks of looking again, whose reply may still come.
 */
export function wantedPictures(
  findings: readonly FindingRow[],
  tasks: readonly TaskRow[],
  me: Person | null,
  now: Date,
): string[] {
  const waiting = waitingOf(findings, tasks, now).map(({ finding, due }) => [finding.id, due] as const)
  const given = openTasks(tasks).filter(
    ({ kind, assignee }) =>
      ['re-inspection', 'look-back'].includes(kind) && assignee !== null && assignee.id === me?.id,
  )
  const at = (due: string | null): number => (due === null ? Number.MAX_SAFE_INTEGER : Date.parse(due))
  const due = new Map<string, number>()
  for (const [id, when] of [...waiting, ...given.map((task) => [task.source!.id, task.due_at] as const)])
    due.set(id, Math.min(at(when), due.get(id) ?? Infinity))
  const known = new Map(findings.map((finding) => [finding.id, finding]))
  const each = [...due.keys()]
    .sort((one, two) => due.get(one)! - due.get(two)!)
    .map((id) => photosOf(known.get(id)).slice(0, MOST_OF_ONE))
  return [...each.flatMap((photos) => photos.slice(0, 1)), ...each.flatMap((photos) => photos.slice(1))]
}

/** Its photos that the server has: as it was found first. */
function photosOf(finding: FindingRow | undefined): string[] {
  const shown = (finding?.photos ?? []).filter(({ role, stored }) => stored && SHOWN.includes(role))
  const rank = (role: string): number => (role === 'after' ? 1 : 0)
  return shown.sort((one, two) => rank(one.role) - rank(two.role)).map(({ sha256 }) => sha256)
}

/** Keep those pictures, after a sync; what is lacking comes with a later one. */
export async function keepWantedPictures(device: Device, now: Date): Promise<void> {
  const [findings, tasks] = [await device.rows<FindingRow>('finding'), await device.rows<TaskRow>('task')]
  await device.keepPictures(wantedPictures(findings, tasks, await device.person(), now))
}
