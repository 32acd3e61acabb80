/** What needs a supervisor of what devices sent: conflicts to decide, ops that are held, media that did not come. */

export interface Who {
  id: string
  name: string | null
}

export interface LostField {
  name: string
  base: unknown
  current: unknown
  incoming: unknown
}

export interface Conflict {
  id: string
  row: { type: string; id: string }
  number: string | null
  cell: string | null
  fields: LostField[]
  details: Record<string, unknown>
  author: Who
  at: string
  /** By field, who wrote what stands; a field that nobody changed is not there. */
  standing: Record<string, { by: Who; at: string }>
}

export interface HeldOp {
  stream: string
  n: number
  id: string
  cmd: string
  row: string | null
  problem: { code: string; detail?: string } | null
  received_at: string
  author: Who
  body: string
}

export interface DoubtfulPlace {
  finding: string
  number: string
  topic: string
  description: string
  found_at: string
  accuracy_m: number | null
  cell: { code: string; name: string | null } | null
  candidates: { code: string; name: string | null; share: number }[]
}

export interface Media {
  sha256: string
  code?: string | null
  size?: number
  at?: string
  named_at?: string
  subject?: { type: string; id: string }
}

export interface Queue {
  held: HeldOp[]
  rejected: HeldOp[]
  unreadable: { id: string; stream: string; sha256: string; reason: string; received_at: string; author: Who }[]
  conflicts: Conflict[]
  refused_media: Media[]
  late_media: Media[]
  lost_media: Media[]
}

/** The arguments of an op, for people: a name and what it says, without what is empty. */
export function argumentsOf(body: string): [name: string, said: string][] {
  let args: unknown
  try {
    args = (JSON.parse(body) as { args?: unknown }).args
  } catch {
    return []
  }
  if (typeof args !== 'object' || args === null) return []
  return Object.entries(args)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => [name, textOf(value)])
}

/** A value of a field as a person reads it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—'
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  if (typeof value !== 'object') return String(value)
  const place = value as { lon?: number; lat?: number; accuracy_m?: number | null; datum?: string }
  if (typeof place.lon === 'number' && typeof place.lat === 'number') {
    const reach = place.accuracy_m ? ` ± ${Math.round(place.accuracy_m)} m` : ''
    return `${place.lon.toFixed(5)}, ${place.lat.toFixed(5)}${reach} ${place.datum ?? ''}`.trim()
  }
  return JSON.stringify(value)
}

/** Whether letting it through is asked for beyond a new try: its author had no right to it. */
export const needsApproval = (op: HeldOp): boolean => op.problem?.code === 'right-lost'

/** The group of the catalogue that names a field's codes, or null for free text. */
export const GROUP_OF: Record<string, string> = {
  state: 'state',
  severity: 'severity',
  topic: 'topic',
  outcome: 'fire_outcome',
}
