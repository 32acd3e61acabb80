/** What a version of the grid would change, as rows of one table. */
export interface GridChanges {
  none: boolean
  added: { code: string; name: string; parent: string | null }[]
  removed: { code: string; name: string; successors: { code: string; share: number }[] }[]
  renamed: { code: string; before: string; after: string }[]
  reparented: { code: string; before: string; after: string }[]
  relevelled: { code: string; before: string; after: string }[]
  moved: { code: string; before_m2: number; after_m2: number; gained_m2: number; lost_m2: number }[]
  map?: unknown
  looked_at: number
  moved_findings: number
}

export interface GridChange {
  kind: 'added' | 'removed' | 'renamed' | 'reparented' | 'relevelled' | 'moved'
  code: string
  how: string
}

const km2 = (m2: number): string => `${(m2 / 1e6).toFixed(2)} km²`

/** What goes comes first, then what comes, then what changes. */
export function changesOf(changes: GridChanges): GridChange[] {
  const pairs = (['renamed', 'reparented', 'relevelled'] as const).flatMap((kind) =>
    changes[kind].map((each) => ({ kind, code: each.code, how: `${each.before} → ${each.after}` })),
  )
  return [
    ...changes.removed.map(({ code, name, successors }) => ({
      kind: 'removed' as const,
      code,
      how: [name, ...successors.map((each) => `→ ${each.code} ${Math.round(each.share * 100)} %`)].join(' '),
    })),
    ...changes.added.map(({ code, name }) => ({ kind: 'added' as const, code, how: name })),
    ...pairs,
    ...changes.moved.map((each) => ({
      kind: 'moved' as const,
      code: each.code,
      how: `${km2(each.before_m2)} → ${km2(each.after_m2)} (+${km2(each.gained_m2)}, −${km2(each.lost_m2)})`,
    })),
  ]
}
