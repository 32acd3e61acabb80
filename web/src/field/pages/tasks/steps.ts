/** Taking, finishing and handing back a task: one op each, and one line in "my submissions". */
import type { Task } from '../../rows'
import { newId, type Device, type Submission } from '../../sync'

export type Step = 'task.take' | 'task.done' | 'task.return'

export async function take(
  device: Pick<Device, 'record'>,
  task: Pick<Task, 'id'>,
  step: Step,
  title: string,
  note: string,
): Promise<Submission> {
  const subject = { type: 'task', id: task.id }
  const args = note.trim() ? { note: note.trim() } : {}
  return device.record([{ cmd: step, row: task.id, args }], [], { id: newId(), kind: 'other', title, subject })
}

/** The last step of this task that the server has not decided yet, so that it is not asked for twice. */
export async function underWay(device: Pick<Device, 'db'>, taskId: string): Promise<Step | null> {
  const waiting = await device.db.outbox.toArray()
  const bodies = waiting.map(({ body }) => JSON.parse(body) as { cmd: string; row: string })
  const last = bodies.filter(({ cmd, row }) => row === taskId && cmd.startsWith('task.')).at(-1)
  return (last?.cmd as Step | undefined) ?? null
}
