/** Versions of checklists, published and drafted, by code; and which stand side by side. */
export interface Version {
  code: string
  version: string
  title?: { zh: string; en: string }
  pack?: string
  published_at?: string
  retired_at?: string | null
  changed_at?: string
}

export type Standing = 'draft' | 'published' | 'retired'

export const standingOf = (version: Version): Standing =>
  version.published_at === undefined ? 'draft' : version.retired_at ? 'retired' : 'published'

export const pinOf = (version: Version): string => `${version.code}@${version.version}`

/** By code, then the newest version first: 2026.10 comes after 2026.9. */
export function ordered(published: readonly Version[], drafts: readonly Version[]): Version[] {
  return [...drafts, ...published].sort(
    (a, b) => a.code.localeCompare(b.code) || b.version.localeCompare(a.version, 'en', { numeric: true }),
  )
}

/** The version that a version is compared with: the next older one of its code. */
export function before(version: Version, all: readonly Version[]): Version | null {
  const older = (one: Version): boolean =>
    one.version.localeCompare(version.version, 'en', { numeric: true }) < 0 && one.code === version.code
  return all.find(older) ?? null
}
