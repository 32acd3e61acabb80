import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AnswerFault } from './answers'
import { ConditionInvalid, evaluate } from './conditions'
import { judge, limitOf } from './engine'
import type { MediaByHash } from './evidence'
import { findingId } from './finding-id'
import { grade } from './grading'
import type { Condition, Pack, Threshold } from './pack'
import { applicable, type Applicable, type Context } from './selection'
import { prove, type Place } from './spots'

const root = new URL('../../../../', import.meta.url)
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, root), 'utf-8')) as T

const packs = new Map<string, Pack>()
function packOf(name: string): Pack {
  if (!packs.has(name)) packs.set(name, read<Pack>(`checklists/published/${name}.json`))
  return packs.get(name)!
}

interface Judged {
  pack: string
  context: Context
  answers: unknown[]
  media: MediaByHash
  gate: { at: [number, number, number | null]; bearing_deg: number | null } | null
  positioned: boolean
  language: 'zh' | 'en'
  expect: unknown
}

function told(items: Applicable[], value: (each: Applicable) => string[]): Record<string, string[]> {
  return Object.fromEntries(items.map((each) => [each.item.code, value(each)]))
}

function said(one: Judged): unknown {
  const pack = packOf(one.pack)
  const found = applicable(pack, one.context)
  const asked = {
    items: found.map((each) => each.item.code),
    optional: found.filter((each) => !each.required).map((each) => each.item.code),
    unknown: told(
      found.filter((each) => !each.certain),
      (each) => each.unknown,
    ),
    exempt: told(
      found.filter((each) => each.exempt.length > 0),
      (each) => each.exempt,
    ),
  }
  const gate = one.gate && {
    place: { lon: one.gate.at[0], lat: one.gate.at[1], accuracy_m: one.gate.at[2] },
    bearing_deg: one.gate.bearing_deg,
  }
  try {
    const { media, positioned, language } = one
    const judgement = judge(pack, one.answers, one.context, { media, gate, positioned, language })
    return {
      asked,
      unanswered: judgement.unanswered.map((item) => item.code),
      verdicts: judgement.verdicts.map(({ answer: _, ...each }) => ({
        ...each,
        item: each.item.code,
        rectification: each.rectification?.kind ?? null,
        lacks: each.lacks.map((lack) => [lack.kind, lack.reason, lack.count]),
      })),
    }
  } catch (fault) {
    if (fault instanceof AnswerFault) return { asked, refused: fault.code }
    throw fault
  }
}

describe('the engine judges as the server does', () => {
  const { cases, grades } = read<{ cases: Judged[]; grades: Record<string, never>[] }>(
    'tests/checklists/vectors/judgements.json',
  )
  test.each(cases.map((one, n) => [`${n} ${one.pack}`, one] as const))('%s', (_, one) => {
    expect(said(one)).toEqual(one.expect)
  })
  test('grades', () => {
    for (const one of grades) {
      const { mode, approval_no, officers, representative, signature } = one
      expect(grade(mode!, approval_no!, officers!, representative, signature), JSON.stringify(one)).toEqual(one.expect)
    }
    expect(grades.length).toBeGreaterThan(50)
  })
})

describe('conditions are judged as their vectors say', () => {
  const vectors = read<{
    conditions: { name: string; condition: Condition; attributes: Record<string, unknown>; expect: string }[]
    invalid: { name: string; condition: Condition }[]
  }>('checklists/condition-vectors.json')
  test.each(vectors.conditions.map((one) => [one.name, one] as const))('%s', (_, one) => {
    expect(evaluate(one.condition, one.attributes)).toBe(one.expect)
  })
  test.each(vectors.invalid.map((one) => [one.name, one] as const))('%s is refused', (_, one) => {
    expect(() => evaluate(one.condition, {})).toThrow(ConditionInvalid)
  })
})

describe('items, limits and spots are as their vectors say', () => {
  const vectors = read<{
    selections: { name: string; pack: string; context: Context; expect: unknown }[]
    limits: { name: string; pack: string; item: string; attributes: object; expect: unknown }[]
    spots: { name: string; gate: Place; photos: Place[]; bearing_deg: number | null; expect: unknown }[]
  }>('checklists/selection-vectors.json')
  const earlier = read<{ selections: typeof vectors.selections }>('checklists/condition-vectors.json')

  test.each([...vectors.selections, ...earlier.selections].map((one) => [one.name, one] as const))('%s', (_, one) => {
    const found = applicable(packOf(one.pack), one.context)
    const answer: Record<string, unknown> = {
      certain: found.filter((each) => each.certain).map((each) => each.item.code),
      uncertain: told(
        found.filter((each) => !each.certain),
        (each) => each.unknown,
      ),
      exempt: told(
        found.filter((each) => each.exempt.length > 0),
        (each) => each.exempt,
      ),
    }
    expect(answer).toEqual(one.expect)
  })
  test.each(vectors.limits.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const item = packOf(one.pack).items.find((each) => each.code === one.item)!
    expect(limitOf(item, { attributes: one.attributes as Record<string, unknown> }) as { limit: Threshold }).toEqual(
      one.expect,
    )
  })
  test.each(vectors.spots.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const spots = prove(one.gate, one.photos, one.bearing_deg)
    const flags = spots.map((spot) => spot.flag ?? '').sort()
    expect({ proven: spots.filter((spot) => spot.proven).length, flags }).toEqual(one.expect)
  })
})

test("a failed duty's finding has the id that the server makes of it", async () => {
  // uuid.uuid5(uuid.UUID('0199a1b2-0000-7000-8000-000000000001'), 'dust.lz6.hoarding')
  expect(await findingId('0199a1b2-0000-7000-8000-000000000001', 'dust.lz6.hoarding')).toBe(
    'd8a9ec29-2d35-5ee2-b548-11de42cef0cd',
  )
})
