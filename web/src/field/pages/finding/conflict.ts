/** A conflict in words: each field with the value that stands and the one that came later. */
import type { ConflictRow } from './rows'

type Word = (key: string, named?: Record<string, unknown>) => string

/** Which catalogue names the values of a field. */
const GROUPS: Record<string, string> = { state: 'state', severity: 'severity', topic: 'topic' }

/** A value of a field as a person reads it. `name`: of a site by its id, or of an item by its code. */
export function valueInWords(field: string, value: unknown, t: Word, name: (id: string) => string | null): string {
  if (value === null || value === undefined || value === '') return t('finding.conflict.nothing')
  if (field in GROUPS) return t(`code.${GROUPS[field]}.${String(value)}`)
  if (field === 'position' && typeof value === 'object') {
    const { lon, lat, accuracy_m } = value as { lon: number; lat: number; accuracy_m?: number | null }
    const metres = Math.round(accuracy_m ?? 0)
    return t('finding.conflict.position', { lon: lon.toFixed(5), lat: lat.toFixed(5), metres })
  }
  if (typeof value === 'string') return name(value) ?? value
  return JSON.stringify(value)
}

/** A choice for every field, once the person has chosen for each; null before. */
export function wholeChoice(
  conflict: Pick<ConflictRow, 'fields'>,
  chosen: Record<string, 'current' | 'incoming' | undefined>,
): Record<string, 'current' | 'incoming'> | null {
  const choice: Record<string, 'current' | 'incoming'> = {}
  for (const { name } of conflict.fields) {
    const one = chosen[name]
    if (one === undefined) return null
    choice[name] = one
  }
  return choice
}
