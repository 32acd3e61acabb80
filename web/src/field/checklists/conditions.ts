/** Conditions as data, judged true, false or unknown (Kleene), as checklists/conditions.py does.
 *
 * A site whose attribute nobody has filled in still shows the item, marked. Knows nothing of packs or items.
 */
import type { Comparison, Condition, Plain, Truth } from './pack'

export type Attributes = Record<string, unknown>

const OPS = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'known']
const MAX_DEPTH = 16

/** A condition that does not have the declarative form. */
export class ConditionInvalid extends Error {}

export const truthOf = (value: boolean): Truth => (value ? 'true' : 'false')

export function negate(truth: Truth): Truth {
  return truth === 'unknown' ? 'unknown' : truthOf(truth === 'false')
}

/** All: one false decides, else one unknown makes it unknown. */
export function conjunction(...parts: Truth[]): Truth {
  if (parts.includes('false')) return 'false'
  return parts.includes('unknown') ? 'unknown' : 'true'
}

/** Any: one true decides, else one unknown makes it unknown. */
export function disjunction(...parts: Truth[]): Truth {
  if (parts.includes('true')) return 'true'
  return parts.includes('unknown') ? 'unknown' : 'false'
}

/** Judge a condition on a site's attributes; no condition is true. Throws ConditionInvalid. */
export function evaluate(condition: Condition | null, attributes: Attributes): Truth {
  if (condition === null) return 'true'
  leaves(condition)
  return judged(condition, attributes)
}

/** The fields that one would have to fill in to decide an unknown condition, sorted. */
export function unknownFields(condition: Condition | null, attributes: Attributes): string[] {
  if (condition === null) return []
  const open = leaves(condition).filter((leaf) => compared(leaf, attributes) === 'unknown')
  return sorted(open.map((leaf) => leaf.field))
}

/** Distinct texts in the order of their code points. */
export function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(byCodePoint)
}

type Leaf = Extract<Condition, { field: string }>

/** Every comparison in a condition, checked on the way. Throws ConditionInvalid. */
export function leaves(condition: unknown, depth = 1): Leaf[] {
  if (depth > MAX_DEPTH) throw new ConditionInvalid(`nested deeper than ${MAX_DEPTH}`)
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition))
    throw new ConditionInvalid('a condition is an object')
  const keys = Object.keys(condition).sort().join()
  if (keys === 'all' || keys === 'any') {
    const parts: unknown = (condition as Record<string, unknown>)[keys]
    if (!Array.isArray(parts) || parts.length === 0)
      throw new ConditionInvalid('all and any take a list that is not empty')
    return parts.flatMap((part) => leaves(part, depth + 1))
  }
  if (keys === 'not') return leaves((condition as { not: unknown }).not, depth + 1)
  checkLeaf(condition as Record<string, unknown>, keys)
  return [condition as Leaf]
}

function checkLeaf(leaf: Record<string, unknown>, keys: string): void {
  const { op, field, value } = leaf
  if (typeof op !== 'string' || !OPS.includes(op) || typeof field !== 'string' || field === '')
    throw new ConditionInvalid('a comparison needs a field and an op')
  if (keys !== (op === 'known' ? 'field,op' : 'field,op,value')) throw new ConditionInvalid(`${op} takes other keys`)
  if (op === 'known') return
  if (op === 'in') {
    const types = Array.isArray(value) ? new Set(value.map(typeName)) : new Set()
    if (types.size !== 1 || types.has(null)) throw new ConditionInvalid('in takes a list of values of one type')
  } else if (typeName(value) === null || (!['eq', 'ne'].includes(op) && typeof value === 'boolean')) {
    throw new ConditionInvalid(`${op} cannot compare with ${String(value)}`)
  }
}

function typeName(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : null
  return typeof value === 'boolean' || typeof value === 'string' ? typeof value : null
}

function judged(condition: Condition, attributes: Attributes): Truth {
  if ('all' in condition) return conjunction(...condition.all.map((part) => judged(part, attributes)))
  if ('any' in condition) return disjunction(...condition.any.map((part) => judged(part, attributes)))
  if ('not' in condition) return negate(judged(condition.not, attributes))
  return compared(condition, attributes)
}

function compared(leaf: Leaf, attributes: Attributes): Truth {
  const actual = Object.hasOwn(attributes, leaf.field) ? attributes[leaf.field] : undefined
  if (leaf.op === 'known') return truthOf(actual !== undefined && actual !== null)
  const wanted = leaf.op === 'in' ? leaf.value[0] : leaf.value
  if (actual === undefined || actual === null || typeName(actual) !== typeName(wanted)) return 'unknown'
  if (leaf.op === 'in') return truthOf(leaf.value.includes(actual as Plain))
  return truthOf(holds(leaf.op, actual as Plain, leaf.value))
}

/** Compare two values of one type; strings by code point (used for ISO dates). */
export function holds(op: Comparison, actual: Plain, wanted: Plain): boolean {
  const order =
    typeof actual === 'string' && typeof wanted === 'string'
      ? byCodePoint(actual, wanted)
      : Number(actual) - Number(wanted)
  switch (op) {
    case 'eq':
      return order === 0
    case 'ne':
      return order !== 0
    case 'lt':
      return order < 0
    case 'lte':
      return order <= 0
    case 'gt':
      return order > 0
    case 'gte':
      return order >= 0
  }
}

/** JavaScript orders by UTF-16 units; the server orders by code points. */
function byCodePoint(one: string, two: string): number {
  const first = [...one]
  const second = [...two]
  for (let i = 0; i < Math.min(first.length, second.length); i++) {
    const difference = first[i]!.codePointAt(0)! - second[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return first.length - second.length
}
