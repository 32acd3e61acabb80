/** The kinds of files that are taken in after a dry run: where each is sent, in what form, and who may. */
import type { Role } from '../../session'

export interface ImportKind {
  name: 'sites' | 'cells' | 'zones' | 'fires'
  path: string
  accept: string
  roles: readonly Role[]
  /** Whether the datum of its coordinates is declared; it is never guessed. */
  datum: boolean
}

export const KINDS: readonly ImportKind[] = [
  { name: 'sites', path: '/site-imports', accept: '.xlsx,.csv', roles: ['supervisor', 'admin'], datum: true },
  {
    name: 'fires',
    path: '/fire-imports',
    accept: '.csv,.xlsx,.txt,.json',
    roles: ['supervisor', 'admin'],
    datum: true,
  },
  { name: 'zones', path: '/zone-imports', accept: '.yaml,.yml,.json,.geojson', roles: ['admin'], datum: false },
  { name: 'cells', path: '/cells/versions', accept: '.geojson,.json,.gpkg,.zip', roles: ['admin'], datum: true },
]

export const DATUMS = ['CGCS2000', 'WGS84', 'GCJ02', 'BD09'] as const
export const FIRE_FORMS = ['report', 'firms', 'himawari', 'pasted'] as const
export const HIERARCHIES = ['city-county-township-village', 'district-town-village-hamlet'] as const

/** The kinds that a role may send. */
export const kindsOf = (role: Role): ImportKind[] => KINDS.filter((kind) => kind.roles.includes(role))

/** The fields of the form beside the file; empty ones are left to the server. */
export function fieldsFor(kind: ImportKind, said: Record<string, string>): Record<string, string> {
  const names = {
    sites: ['datum'],
    fires: ['datum', 'form'],
    zones: [],
    cells: ['datum', 'hierarchy', 'code_field', 'name_field'],
  }[kind.name]
  return Object.fromEntries(names.flatMap((name) => (said[name] ? [[name, said[name]]] : [])))
}
