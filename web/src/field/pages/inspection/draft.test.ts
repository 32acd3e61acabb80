import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findingId, type Pack } from '../../checklists'
import type { PhotoOf, Position } from '../../sync'
import {
  byValue,
  chinaDay,
  contextOf,
  EMPTY,
  readingOf,
  submissionOf,
  valueOf,
  type InspectionDraft,
  type Place,
  type Site,
} from './draft'

function packNamed(name: string): Pack {
  const path = new URL(`../../../../../checklists/published/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf-8')) as Pack
}
const pack = packNamed('dust-liuzhou@2024.1')
const [HOARDING, COVER] = ['dust.lz6.hoarding', 'dust.lz6.cover'] as const
const TODAY = '2026-11-26'
const AT = '2026-11-26T10:30:00.000+08:00'
const here: Position = {
  ...{
    lon: 109.4,
    lat: 24.3,
    datum: 'WGS84',
    accuracy_m: 8,
    altitude_m: null,
    provider: 'browser',
    mock: null,
    at: AT,
  },
}
const site = {
  ...{ id: 's', name: '一号工地', kind: 'construction', cell: '450203' },
  attributes: { floor_area_m2: 6000 },
} as unknown as Site
const PLACE = { site, cell: null, zones: null, today: TODAY }

function photo(sha256: string, mediaType = 'image/jpeg'): PhotoOf {
  return {
    ...{ sha256, size: 1, mediaType, filename: 'a.jpg', id: `p-${sha256}`, capturedAt: AT, position: here },
    ...{ source: 'camera', subject: { type: 'inspection', id: 'i' }, role: 'scene' },
  }
}

function begun(answers: InspectionDraft['answers'] = {}): InspectionDraft {
  return {
    id: '0199a1b2-0000-7000-8000-000000000001',
    checklist: { code: pack.code, version: pack.version, pack: 'x' },
    ...{ site: 's', task: null, title: '一号工地', mode: 'patrol', approval_no: '', started_at: AT, position: here },
    officers: [{ user: 'u', name: '韦敏', certificate_no: '' }],
    ...{ attributes: {}, answers, representative: { name: '', post: '', phone: '' } },
    ...{ signing: { kind: 'open' }, stopped: '' },
  }
}
const item = (code: string) => pack.items.find((each) => each.code === code)!
const asked = (draft: InspectionDraft, code: string) =>
  readingOf(draft, pack, PLACE).items.find((each) => each.item.code === code)!

test('the cell that one stands in counts before that of the site, and nothing is known of neither', () => {
  const unit = (place: object) => contextOf({}, { ...PLACE, ...place }).unit
  expect([unit({ cell: '450206101' }), unit({}), unit({ site: null })]).toEqual(['450206101', '450203', null])
})

test('what the zones of the place say decides what is asked; where nobody can tell, it is asked and marked', () => {
  const straw = packNamed('straw-liuzhou@2026.1')
  const asked = (zones: Place['zones']) => {
    const place = { site: { ...site, kind: 'farmland' } as Site, cell: '450205', zones, today: TODAY }
    const found = readingOf({ ...begun(), attributes: {} }, straw, place).items
    return found.find((each) => each.item.code === 'straw.zone.no-burning')?.certain
  }
  expect(asked({ hold: ['no-burn'], doubtful: [] })).toBe(true)
  expect(asked({ hold: ['restricted-burn'], doubtful: [] })).toBeUndefined()
  expect([asked({ hold: [], doubtful: ['no-burn'] }), asked(null)]).toEqual([false, false])
})

describe('values', () => {
  test('a number is read as it is typed in China too, and a word is none', () => {
    const typed = (text: string) => valueOf(item(HOARDING), { ...EMPTY, typed: text })
    expect([typed('８０．５'), typed('1,000'), typed(' 99 '), typed('八十'), typed('')]).toEqual([
      80.5,
      1000,
      99,
      null,
      null,
    ])
  })

  test('a value answers by itself where there is a limit, and says nothing when it cannot be', () => {
    const said = (typed: string) => byValue(item(HOARDING), { ...EMPTY, typed }, {})
    expect([said('100'), said('99.9'), said('120'), said('')]).toEqual(['pass', 'fail', null, null])
  })
})

describe('an item is done', () => {
  test('only with an answer, a value, the evidence of a failed duty or the reason why there is none', () => {
    const open = (answer: Partial<typeof EMPTY>) =>
      asked(begun({ [HOARDING]: { ...EMPTY, photos: [], chosen: [], ...answer } }), HOARDING).open
    expect(open({})).toBe('unanswered')
    expect(open({ result: 'pass' })).toBe('value')
    expect(open({ result: 'pass', typed: '120' })).toBe('value-invalid')
    expect(open({ result: 'pass', typed: '100' })).toBe(null)
    expect(open({ result: 'fail', typed: '80' })).toBe('evidence')
    expect(open({ result: 'fail', typed: '80', why: '光线不足' })).toBe(null)
    expect(open({ result: 'fail', typed: '80', photos: [photo('a')] })).toBe(null)
    expect(open({ result: 'not_applicable' })).toBe('reason')
    expect(open({ result: 'not_applicable', note: '未作业' })).toBe(null)
  })

  test('a pass over the limit is judged a fail, so its evidence is asked for', () => {
    const one = asked(begun({ [HOARDING]: { ...EMPTY, result: 'pass', typed: '80' } }), HOARDING)
    expect([one.verdict?.outcome, one.open]).toEqual(['finding', 'evidence'])
  })
})

test('what the inspector says of the site leaves out what does not apply, and may be taken back', () => {
  const before = readingOf(begun(), pack, PLACE)
  expect(before.toSettle.length).toBeGreaterThan(0)
  const field = before.toSettle.find((each) => pack.tables.fields[each]!.type === 'boolean')!
  const after = readingOf({ ...begun(), attributes: { [field]: false } }, pack, PLACE)
  expect(after.items.length).toBeLessThan(before.items.length)
  expect(after.toSettle).toContain(field)
})

test('everything is required until it is done, then nothing is open', () => {
  const all = readingOf(begun(), pack, PLACE)
  expect(all.open.map((each) => each.item.code)).toEqual(
    all.items.filter((each) => each.required).map((each) => each.item.code),
  )
  const answers = Object.fromEntries(
    all.items.map(({ item: { code } }) => [code, { ...EMPTY, result: 'not_applicable' as const, note: '未作业' }]),
  )
  const done = readingOf(begun(answers), pack, PLACE)
  expect([done.open, done.done]).toEqual([[], all.items.length])
})

test("a failed duty's photos become its finding's, as before-photos; others stay the inspection's", async () => {
  const draft = begun({
    [HOARDING]: { ...EMPTY, result: 'fail', typed: '80', photos: [photo('a')], note: '缺口3米', why: '' },
    [COVER]: { ...EMPTY, result: 'pass', typed: '100', photos: [photo('b')] },
  })
  const { acts, photos, findings } = await submissionOf(draft, pack, PLACE, AT)
  const id = await findingId(draft.id, HOARDING)
  expect(findings).toEqual([id])
  expect(photos.map((each) => [each.sha256, each.subject.type, each.role])).toEqual([
    ['a', 'finding', 'before'],
    ['b', 'inspection', 'scene'],
  ])
  expect(acts).toHaveLength(1)
  expect(acts[0]).toMatchObject({ cmd: 'inspection.submit', row: draft.id, baseRev: null })
  expect(acts[0]!.args.answers).toEqual([
    { item: HOARDING, result: 'fail', value: 80, note: '缺口3米', photos: ['a'], position: null, finding: id },
    { item: COVER, result: 'pass', value: 100, note: null, photos: ['b'], position: null, finding: null },
  ])
})

test('the reason for missing evidence and for stopping early go with the record', async () => {
  const draft = begun({ [HOARDING]: { ...EMPTY, result: 'fail', typed: '80', why: '光线不足' } })
  const { acts } = await submissionOf({ ...draft, stopped: '下雨' }, pack, PLACE, AT)
  expect(acts[0]!.args).toMatchObject({ stopped_because: '下雨', answers: [{ evidence_reason: '光线不足' }] })
})

test('a signature is named by its hash and recorded as one; a refusal says why and who saw it', async () => {
  const mark: PhotoOf = { ...photo('c', 'image/png'), role: 'signature' }
  const answers = { [COVER]: { ...EMPTY, result: 'pass' as const, typed: '100' } }
  const signed = await submissionOf({ ...begun(answers), signing: { kind: 'signed', photo: mark } }, pack, PLACE, AT)
  expect([signed.acts[0]!.args.signature, signed.photos]).toEqual([{ sha256: 'c' }, [mark]])
  const refused = { kind: 'refused', reason: ' 不在场 ', witness: '李四' } as const
  const told = await submissionOf({ ...begun(answers), signing: refused }, pack, PLACE, AT)
  expect(told.acts[0]!.args.signature).toEqual({ refused: true, reason: '不在场', witness: '李四' })
})

test('a day is the day in China', () => {
  expect(chinaDay(new Date('2026-11-25T16:30:00Z'))).toBe('2026-11-26')
})
