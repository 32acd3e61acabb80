/** Proposals about overdue findings, as the API has them: 提醒, then 催办, then 督办函. */
export const LEVELS = ['reminder', 'urging', 'letter'] as const
export const STATES = ['proposed', 'issued', 'dismissed', 'lapsed'] as const

export interface Proposal {
  id: string
  finding: { id: string; number: string; topic: string; severity: 'minor' | 'moderate' | 'serious'; state: string }
  hop: number
  office: { id: string; name: string } | null
  cell: { code: string; name: string } | null
  level: (typeof LEVELS)[number]
  state: (typeof STATES)[number]
  due_at: string
  late_days: number
  proposed_at: string
  decided_at: string | null
  decided_by: { id: string; name: string | null } | null
  reason: string | null
  number: string | null
  signer: string | null
}

/** A list with one of its rows as it has become; in a list of open ones a decided row goes. */
export function after(rows: readonly Proposal[], changed: Proposal, asked: string): Proposal[] {
  const kept = asked === '' || changed.state === asked
  return rows.flatMap((row) => (row.id !== changed.id ? [row] : kept ? [changed] : []))
}
