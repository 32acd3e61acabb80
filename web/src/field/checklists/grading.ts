/** Whether an inspection's findings are leads or may serve as evidence, as checklists/grading.py says.
 *
 * An administrative inspection needs approval, two certified officers and the representative's signature, or a refusal
 * with reason and witness; without these it stays a lead. The page says so before it is sent, not afterwards.
 */
import { stripped } from './answers'

export type GradeReason =
  | 'patrol'
  | 'approval-missing'
  | 'officers-too-few'
  | 'representative-missing'
  | 'signature-missing'
  | 'refusal-incomplete'

export interface Grade {
  grade: 'lead' | 'evidence'
  reasons: GradeReason[]
}

type Said = Record<string, unknown>

/** Grade an inspection by the wire fields of `inspection.submit`. */
export function grade(
  mode: 'patrol' | 'administrative',
  approvalNo: string | null,
  officers: readonly unknown[] | null,
  representative: unknown,
  signature: unknown,
): Grade {
  if (mode === 'patrol') return { grade: 'lead', reasons: ['patrol'] }
  const reasons: GradeReason[] = []
  if (!word(approvalNo)) reasons.push('approval-missing')
  if (!twoOfficers(officers ?? [])) reasons.push('officers-too-few')
  reasons.push(...signingFaults(said(representative), said(signature)))
  return { grade: reasons.length > 0 ? 'lead' : 'evidence', reasons }
}

/** Two different people with two different certificate numbers; width, case and spaces make no difference. */
function twoOfficers(officers: readonly unknown[]): boolean {
  const certified = officers
    .map(said)
    .map((each) => ({ user: word(each.user), certificate: number(each.certificate_no) }))
    .filter((each) => each.certificate)
  return certified.some((one, i) =>
    certified.slice(i + 1).some((two) => one.certificate !== two.certificate && (one.user !== two.user || !one.user)),
  )
}

function signingFaults(representative: Said, signature: Said): GradeReason[] {
  if (signature.refused === true) return word(signature.reason) && word(signature.witness) ? [] : ['refusal-incomplete']
  const faults: GradeReason[] = word(representative.name) ? [] : ['representative-missing']
  return word(signature.sha256) ? faults : [...faults, 'signature-missing']
}

function said(value: unknown): Said {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Said) : {}
}

function word(value: unknown): string {
  return typeof value === 'string' ? stripped(value) : ''
}

function number(value: unknown): string {
  return word(value).normalize('NFKC').toLowerCase().replace(/\s+/gu, '')
}
