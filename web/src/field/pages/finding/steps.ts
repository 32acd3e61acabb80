/** Which steps of a finding's case a person may take on the phone: the server's table, printed into case-steps.json. */
import table from '@shared/case-steps.json'
import type { Person } from '../../sync'
import { mayCloseAtOnce } from './on-the-spot'
import type { FindingRow } from './rows'

export interface CaseStep {
  action: string
  from: string
  to: string
  roles: string[]
  needs: ('note' | 'at-once' | 'other-eyes' | 'evidence')[]
}

export const STEPS = table as CaseStep[]
/** These name an office or a paper, which the console has. */
const AT_A_DESK = ['dispatch', 'transfer']

/** The role of whoever this device belongs to. */
export function roleOf(person: Person | null): string {
  const { role } = (person ?? {}) as { role?: string }
  return role ?? person?.roles?.[0] ?? 'inspector'
}

export interface Offered {
  step: CaseStep
  /** Why it cannot be taken by this person now, though her role could. */
  blocked: 'other-eyes' | null
}

/** Steps that may be taken from a finding's state by this person, in the table's order. */
export function stepsFor(
  finding: Pick<FindingRow, 'state' | 'found_at' | 'case' | 'merged_into'>,
  person: Person | null,
  now: Date,
): Offered[] {
  if (finding.merged_into !== null) return []
  return STEPS.filter(
    (step) =>
      step.from === finding.state &&
      step.roles.includes(roleOf(person)) &&
      !AT_A_DESK.includes(step.action) &&
      (step.action !== 'close-at-once' || mayCloseAtOnce(finding, now)),
  ).map((step) => {
    const own = finding.case?.rectified_by != null && finding.case.rectified_by === person?.id
    return { step, blocked: step.needs.includes('other-eyes') && own ? 'other-eyes' : null }
  })
}

/** States in which a finding's text is settled: an edit becomes a conflict, which a supervisor decides. */
export const SETTLED = ['closed', 'look_back', 'rejected', 'penalty_transfer']
