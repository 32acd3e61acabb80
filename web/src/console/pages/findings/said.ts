/** What went wrong with a finding's step; where somebody else was first, who did what, when. */
import { useI18n } from 'vue-i18n'
import { Problem } from '@shared/problem'
import { useSaid } from '../../said'
import { toMinute } from '../../times'
import type { Person } from './finding'

export interface Changed {
  state: string
  last: { action: string; by: Person; at: string } | null
}

/** What the server says of a step that came second; null for other errors. */
export function changedBy(error: unknown): Changed | null {
  if (!(error instanceof Problem && error.code === 'state-changed') || typeof error.said.state !== 'string') return null
  return { state: error.said.state, last: (error.said.last as Changed['last']) ?? null }
}

/** `useSaid`, but of two at once the second hears what the first has done. */
export function useStepSaid(): (error: unknown) => string {
  const { t, te } = useI18n()
  const said = useSaid()
  return (error) => {
    const changed = changedBy(error)
    if (!changed) return said(error)
    const state = t(`code.state.${changed.state}`)
    if (!changed.last) return t('findings.changed', { state })
    const { action, by, at } = changed.last
    const deed = te(`code.case_action.${action}`) ? t(`code.case_action.${action}`) : action
    return t('findings.changedBy', { who: by.name ?? by.id, when: toMinute(at), deed, state })
  }
}
