/** What somebody has begun to write for a finding's step; it stays until the step is taken. */
import { begunOf } from '../../parts/begun'
import { emptyDraft, type Draft } from './steps'

export const draftOf = begunOf<Draft>('step', emptyDraft, (stored) => ({
  ...stored,
  due: stored.due ? new Date(stored.due) : null,
}))
