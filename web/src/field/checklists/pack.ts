/** The shape of a published pack, as its JSON says (checklists/pack.schema.json). Types only: nothing is decided here. */

export type Truth = 'true' | 'false' | 'unknown'
export type Plain = string | number | boolean
export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { field: string; op: 'known' }
  | { field: string; op: 'in'; value: Plain[] }
  | { field: string; op: Comparison; value: Plain }

/** One wording in both languages. */
export interface Text {
  zh: string
  en: string
}

/** Where a duty is written. `confidence`: read, medium (an inference), known (not verified). */
export interface Source {
  kind: string
  id: string
  clause: string
  year: number
  confidence: string
}

export interface Area {
  include: string[]
  exclude: string[]
}

export interface Threshold {
  op: Comparison
  value: number
  upper?: number
}

export interface AnswerKind {
  kind: 'pass_fail' | 'number' | 'choice' | 'text' | 'date'
  unit: string | null
  threshold: Threshold | null
  minimum: number | null
  maximum: number | null
  record_only: boolean
  options: (Text & { value: string; result: 'pass' | 'fail' })[]
  multiple: boolean
  limits?: { when: Condition; op: Comparison; value: number }[]
}

export type EvidenceKind = 'photo' | 'film' | 'audio' | 'document' | 'position' | 'number'

export interface Evidence {
  kind: EvidenceKind
  count: number
  when: 'fail' | 'always'
  max_seconds: number | null
  offsets_m: number[]
  tolerance_m: number | null
}

export type Severity = 'minor' | 'moderate' | 'serious'

export interface Rectification {
  kind: 'immediate' | 'time_limited'
  deadline: { amount: number; unit: 'working_hours' | 'working_days' | 'days'; basis: string }
}

export interface Item {
  code: string
  rows: string[]
  text: Text
  modality: 'must' | 'encouraged'
  duty_holder: string
  sources: Source[]
  legal_basis: { id: string; article: string; confidence: string }[]
  applies: {
    area: Area
    site_kinds: string[]
    when: Condition | null
    valid_from: string | null
    valid_to: string | null
    zones?: string[]
    months?: number[]
  }
  answer: AnswerKind
  phrases: Text[]
  evidence: Evidence[]
  severity: Severity | null
  rectification: Rectification | null
  leads: string[]
  exemptions: { code: string; text: Text; when: Condition; sources: Source[] }[]
  archived: Text | null
  note: Text | null
}

/** What a condition asks of a site: its type, its words, its choices. */
export interface Field extends Text {
  type: 'boolean' | 'number' | 'string'
  unit?: string
  choices?: Record<string, Text | string>
}

export interface Pack {
  code: string
  version: string
  topic: string
  status: string
  title: Text
  area: Area
  valid_from: string
  valid_to: string | null
  note: Text | null
  tables: {
    documents: Record<string, Text & { kind: string; number: string | null; year: number }>
    departments: Record<string, Text>
    site_kinds: Record<string, Text>
    fields: Record<string, Field>
    zones?: Record<string, Text>
  }
  items: Item[]
}
