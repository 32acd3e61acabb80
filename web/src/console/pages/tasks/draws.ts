/** What came out of a draw, with names in the place of ids. */
export interface Drawn {
  result: { visits: { site: string; class: string; officers: string[]; missing: number }[] }
  names: Record<string, string>
  publication: { at: string; visits: number; tasks: number } | null
}

export interface Visit {
  site: string
  siteName: string
  class: string
  officers: string[]
  missing: number
}

/** Whom a draw does not send where, with the names that they were chosen by. */
export interface Declared {
  user: string
  site: string
  said: string
}

/** One more declared conflict; the same one stands once. */
export function declared(pairs: readonly Declared[], one: Declared): Declared[] {
  return [...pairs.filter((each) => each.user !== one.user || each.site !== one.site), one]
}

/** The visits in the order in which they were drawn; whoever is no longer known keeps the id. */
export function visitsOf({ result, names }: Drawn): Visit[] {
  const called = (id: string): string => names[id] ?? id
  return result.visits.map((visit) => ({
    ...visit,
    siteName: called(visit.site),
    officers: visit.officers.map(called),
  }))
}
