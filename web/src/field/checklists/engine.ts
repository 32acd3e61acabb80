/** What an inspection's answers mean: which failed duties become findings, which missed encouragements are advice.
 *
 * As checklists/engine.py, and held to it by shared vectors. Must not know of ids, states, storage or the clock.
 */
import { read, type Answer } from './answers'
import { evaluate, holds } from './conditions'
import { lacks, type Gate, type Lack, type MediaByHash } from './evidence'
import type { Item, Pack, Plain, Rectification, Severity, Threshold } from './pack'
import { applicable, exemptions, type Context } from './selection'

export type Outcome = 'passed' | 'finding' | 'advice' | 'exempt' | 'not_applicable'

/** What one answer means. `result` is the judged one; the inspector's own is `answer.result`. */
export interface Verdict {
  item: Item
  answer: Answer
  result: 'pass' | 'fail' | 'not_applicable'
  outcome: Outcome
  description: string | null
  severity: Severity | null
  rectification: Rectification | null
  lacks: Lack[]
  exempt: string[]
  flags: string[]
}

export interface Judgement {
  verdicts: Verdict[]
  /** Required items that nobody answered. */
  unanswered: Item[]
}

export interface Known {
  media?: MediaByHash
  gate?: Gate | null
  /** The inspection itself has a position. */
  positioned?: boolean
  language?: 'zh' | 'en'
}

/** Judge the answers of one inspection. Throws AnswerFault.
 *
 * The stricter of the inspector's result and the measured or chosen value holds; not_applicable is left alone. A failed
 * duty outside its scope is still a finding, flagged.
 */
export function judge(pack: Pack, answers: readonly unknown[], context: Context, known: Known = {}): Judgement {
  const given = read(pack, answers)
  const items = applicable(pack, context)
  const inScope = new Set(items.map((each) => each.item.code))
  const verdicts = given.map((answer): Verdict => {
    const exempt = exemptions(answer.item, context)
    const { result, flags } = judgedResult(answer, context)
    const outcome = outcomeOf(answer.item, result, exempt)
    const found = outcome === 'finding'
    const lacking =
      result === 'not_applicable' ? [] : lacks(answer, found, known.media ?? {}, known.gate, known.positioned)
    if (answer.item.archived !== null) flags.push('archived')
    else if (!inScope.has(answer.item.code) && result !== 'not_applicable') flags.push('outside-scope')
    if (lacking.length > 0) flags.push('evidence-lacking')
    return {
      item: answer.item,
      answer,
      result,
      outcome,
      description: found || outcome === 'advice' ? description(answer, known.language ?? 'zh') : null,
      severity: found ? answer.item.severity : null,
      rectification: found ? answer.item.rectification : null,
      lacks: lacking,
      exempt,
      flags,
    }
  })
  const answered = new Set(given.map((each) => each.item.code))
  const unanswered = items.filter((each) => each.required && !answered.has(each.item.code)).map((each) => each.item)
  return { verdicts, unanswered }
}

/** The threshold that holds at a place, and whether something unknown could make it another. */
export function limitOf(item: Item, context: Context): { limit: Threshold | null; doubtful: boolean } {
  let doubtful = false
  for (const each of item.answer.limits ?? []) {
    const truth = evaluate(each.when, context.attributes ?? {})
    if (truth === 'true') return { limit: { op: each.op, value: each.value }, doubtful }
    doubtful ||= truth === 'unknown'
  }
  return { limit: item.answer.threshold, doubtful }
}

/** Does a value by itself pass the limit or the options? Null when there is neither, or no value. */
export function measured(item: Item, value: unknown, limit: Threshold | null): boolean | null {
  if (value === null || value === undefined) return null
  if (limit !== null) {
    const upper = limit.upper ?? null
    return holds(limit.op, value as Plain, limit.value) && (upper === null || (value as number) <= upper)
  }
  if (item.answer.kind !== 'choice') return null
  const chosen: unknown[] = Array.isArray(value) ? value : [value]
  return item.answer.options.every((option) => !chosen.includes(option.value) || option.result === 'pass')
}

function judgedResult(answer: Answer, context: Context): { result: Verdict['result']; flags: string[] } {
  const flags: string[] = []
  if (answer.result === 'not_applicable')
    return { result: 'not_applicable', flags: answer.note ? [] : ['reason-missing'] }
  if (answer.item.answer.kind === 'pass_fail') {
    if (answer.value !== null) flags.push('value-unused')
  } else if (answer.value === null) flags.push('value-missing')
  const { limit, doubtful } = limitOf(answer.item, context)
  if (doubtful && answer.value !== null) flags.push('limit-uncertain')
  const byValue = measured(answer.item, answer.value, limit)
  if (byValue !== null && byValue !== (answer.result === 'pass')) flags.push('result-contradicts-value')
  return { result: answer.result === 'fail' || byValue === false ? 'fail' : 'pass', flags }
}

function outcomeOf(item: Item, result: Verdict['result'], exempt: string[]): Outcome {
  if (result === 'not_applicable') return 'not_applicable'
  if (result === 'pass') return 'passed'
  if (exempt.length > 0) return 'exempt'
  return item.modality === 'encouraged' || item.archived !== null ? 'advice' : 'finding'
}

function description(answer: Answer, language: 'zh' | 'en'): string {
  return answer.note || answer.item.phrases[0]![language]
}
