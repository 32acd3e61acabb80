/** Whose a task is, in words: a person's, or while nobody has it open to the people of an area. */
import { useI18n } from 'vue-i18n'
import { useCells } from '../../parts/cells'
import type { Task } from './tasks'

export function useWhoseTask(): (task: Task) => string {
  const { t } = useI18n()
  const cells = useCells()
  return ({ assignee, pool, state }) => {
    if (assignee) return assignee.name
    return pool && state === 'open' ? t('tasks.inPool', { cell: cells.called(pool) }) : '—'
  }
}
