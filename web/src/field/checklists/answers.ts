/** Answers as they go on the wire, checked against the items that they name, as checklists/answers.py does.
 *
 * Decides only whether an answer makes sense; what it means is engine.ts's.
 */
import type { AnswerKind, Item, Pack } from './pack'

export type Result = 'pass' | 'fail' | 'not_applicable'

/** One answer of `inspection.submit`. */
export interface WireAnswer {
  item: string
  result: Result
  value?: unknown
  note?: string | null
  photos?: string[] | null
  position?: object | null
  finding?: string | null
}

/** An answer that has been read: its item is known, its photos are distinct. */
export interface Answer {
  item: Item
  result: Result
  value: unknown
  note: string
  photos: string[]
  position: object | null
  finding: string | null
}

/** An answer that names an item which the pack does not have, or makes no sense (`code`). */
export class AnswerFault extends Error {
  constructor(
    readonly code: 'unknown-item' | 'answer-invalid',
    readonly item: string | null,
    readonly index: number,
    detail: string,
  ) {
    super(detail)
  }
}

const RESULTS = ['pass', 'fail', 'not_applicable']
const TEXT_LIMIT = 10_000
// What Python calls white space; JavaScript's trim() differs at U+001C–U+001F, U+0085 and U+FEFF.
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu')

/** Answers against the pinned pack; unknown keys are ignored. Throws AnswerFault. */
export function read(pack: Pack, answers: readonly unknown[]): Answer[] {
  const items = new Map(pack.items.map((item) => [item.code, item]))
  const seen = new Set<string>()
  return answers.map((raw, index) => {
    const answer = readOne(items, raw, index)
    if (seen.has(answer.item.code)) throw new AnswerFault('answer-invalid', answer.item.code, index, 'answered twice')
    seen.add(answer.item.code)
    return answer
  })
}

function readOne(items: Map<string, Item>, raw: unknown, index: number): Answer {
  if (!isObject(raw) || typeof raw.item !== 'string')
    throw new AnswerFault('answer-invalid', null, index, 'an answer names its item')
  const item = items.get(raw.item)
  if (item === undefined) throw new AnswerFault('unknown-item', raw.item, index, 'the pack has no such item')
  const refuse = (detail: string): never => {
    throw new AnswerFault('answer-invalid', item.code, index, detail)
  }
  if (typeof raw.result !== 'string' || !RESULTS.includes(raw.result)) refuse('result is pass, fail or not_applicable')
  const fault = valueFault(item.answer, raw.value)
  if (fault !== null) refuse(fault)
  const photos: unknown = raw.photos || []
  if (!Array.isArray(photos) || !photos.every((each) => typeof each === 'string')) refuse('photos is a list of hashes')
  for (const key of ['note', 'finding'] as const)
    if (!nothing(raw[key]) && typeof raw[key] !== 'string') refuse(`${key} is a text`)
  if (!nothing(raw.position) && !isObject(raw.position)) refuse('position is an object')
  return {
    item,
    result: raw.result as Result,
    value: raw.value ?? null,
    note: stripped((raw.note as string | null | undefined) ?? ''),
    photos: [...new Set(photos as string[])],
    position: (raw.position as object | null | undefined) ?? null,
    finding: (raw.finding as string | null | undefined) ?? null,
  }
}

/** A text without white space at its ends, as the server takes it off. */
export function stripped(text: string): string {
  return text.replace(ENDS, '')
}

/** What is wrong with a value of this kind of answer, or null; no value is not wrong. */
export function valueFault(kind: AnswerKind, value: unknown): string | null {
  if (nothing(value)) return null
  switch (kind.kind) {
    case 'number':
      return numberFault(kind, value)
    case 'choice':
      return choiceFault(kind, value)
    case 'date':
      return isDay(value) ? null : 'value is a date, YYYY-MM-DD'
    case 'text':
      return typeof value === 'string' && [...value].length <= TEXT_LIMIT ? null : 'value is a text'
    case 'pass_fail':
      return ['string', 'boolean', 'number'].includes(typeof value) ? null : 'value is not a plain one'
  }
}

function numberFault(kind: AnswerKind, value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'value is a number'
  const outside = (kind.minimum !== null && value < kind.minimum) || (kind.maximum !== null && value > kind.maximum)
  return outside ? `value lies outside ${kind.minimum} to ${kind.maximum} ${kind.unit}` : null
}

function choiceFault(kind: AnswerKind, value: unknown): string | null {
  const known = new Map(kind.options.map((option) => [option.value, option.result]))
  if (!kind.multiple) return typeof value === 'string' && known.has(value) ? null : 'value is one of the options'
  if (!Array.isArray(value) || value.length === 0 || !value.every((each) => typeof each === 'string'))
    return 'value is a list of options'
  if (new Set(value).size !== value.length || !value.every((each) => known.has(each)))
    return 'value holds an unknown or repeated option'
  return new Set(value.map((each) => known.get(each))).size > 1 ? 'value mixes passing and failing options' : null
}

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false
  const day = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
