import { describe, expect, test } from 'vitest'
import { fromCgcs2000 } from '../../geo/datum'
import type { Position } from '../../sync'
import { closeAtOnceActs, commentAct, editAct, reportAct, resolveAct, stepAct } from './acts'
import { valueInWords, wholeChoice } from './conflict'
import { isEmpty, openOf } from './draft'
import { afterFault, mayCloseAtOnce } from './on-the-spot'
import { dutiesOf, phrasesOf } from './phrases'
import type { FindingRow } from './rows'
import { stepsFor } from './steps'

const FOUND = '2026-11-26T10:00:00+08:00'
const later = (minutes: number): Date => new Date(Date.parse(FOUND) + minutes * 60_000)
const at = (lon: number, part: Partial<Position> = {}): Position => ({
  ...{ lon, lat: 24.3, datum: 'WGS84', accuracy_m: 5, altitude_m: null, provider: 'browser', mock: null, at: FOUND },
  ...part,
})
const finding = (part: Partial<FindingRow> = {}): FindingRow =>
  ({
    ...{
      id: 'f',
      state: 'submitted',
      found_at: FOUND,
      position: at(109.4),
      location: null,
      merged_into: null,
      case: null,
    },
    ...{ topic: 'dust', severity: 'minor', description: '堆土未覆盖', site: null, item: null },
    ...part,
  }) as unknown as FindingRow
const person = (role: string, id = 'me') => ({ id, name: id, role })
const actions = (row: FindingRow, role: string, now = later(500), id = 'me') =>
  stepsFor(row, person(role, id), now).map(({ step, blocked }) => (blocked ? `${step.action}!` : step.action))

describe('steps that a person may take on the phone', () => {
  test('are those of her role, without what needs a desk', () => {
    expect(actions(finding(), 'inspector')).toEqual([])
    expect(actions(finding(), 'supervisor')).toEqual(['verify', 'reject'])
    expect(actions(finding({ state: 'registered' }), 'supervisor')).toEqual([])
    expect(actions(finding({ state: 'dispatched' }), 'handler')).toEqual(['sign-for'])
  })

  test('closing at once is offered within two hours only', () => {
    expect(actions(finding(), 'inspector', later(119))).toEqual(['close-at-once'])
    expect(mayCloseAtOnce(finding(), later(121))).toBe(false)
    expect(mayCloseAtOnce(finding({ state: 'registered' }), later(1))).toBe(false)
  })

  test('whoever said that it was put right is told that another has to check it', () => {
    const row = finding({ state: 'feedback', case: { rectified_by: 'me' } as FindingRow['case'] })
    expect(actions(row, 'inspector')).toEqual(['recheck!'])
    expect(actions(row, 'inspector', later(0), 'somebody')).toEqual(['recheck'])
  })

  test('of a merged finding there are none', () => {
    expect(actions(finding({ merged_into: 'g' }), 'supervisor')).toEqual([])
  })
})

describe('an after-photo', () => {
  const photo = (minutes: number, position: Position | null) => ({ capturedAt: later(minutes).toISOString(), position })
  test('is of the same place and within two hours, or it is said what is wrong', () => {
    expect(afterFault(finding(), photo(30, at(109.4003)))).toBe(null)
    expect(afterFault(finding(), photo(121, at(109.4)))).toBe('too-late')
    expect(afterFault(finding(), photo(-6, at(109.4)))).toBe('before-the-finding')
    expect(afterFault(finding(), photo(30, at(109.401)))).toBe('elsewhere')
    expect(afterFault(finding(), photo(30, null))).toBe('no-position')
  })
  test('may be as far off as both positions are unsure of, and stands where its datum says', () => {
    expect(afterFault(finding(), photo(30, at(109.401, { accuracy_m: 60 })))).toBe(null)
    const [lon, lat] = fromCgcs2000(109.4, 24.3, 'GCJ02')
    expect(afterFault(finding(), photo(30, at(lon, { lat, datum: 'GCJ02' })))).toBe(null)
    expect(afterFault(finding(), photo(30, at(lon, { lat })))).toBe('elsewhere')
  })
})

describe('commands', () => {
  const after = {
    ...{ id: 'p', sha256: 'a', size: 1, mediaType: 'image/jpeg', filename: 'a' },
    capturedAt: FOUND,
  } as const
  const photo = {
    ...after,
    position: null,
    source: 'camera',
    subject: { type: 'finding', id: 'f' },
    role: 'after',
  } as const

  test('to close at once, the photo comes before the step that needs it', () => {
    const acts = closeAtOnceActs(finding(), [photo], ' 已覆盖 ', null)
    expect(acts.map((act) => act.cmd)).toEqual(['photo.add', 'finding.transition'])
    expect(acts[1]!.args).toEqual({ from: 'submitted', to: 'closed', note: '已覆盖', photos: ['a'], position: null })
  })

  test('an edit sends what differs and nothing else', () => {
    const wanted = { description: '堆土未覆盖', severity: 'serious', topic: 'dust', site: null } as const
    expect(editAct(finding(), wanted)!.args).toEqual({ severity: 'serious' })
    expect(editAct(finding(), { ...wanted, severity: 'minor' })).toBe(null)
  })

  test('a report, a comment, a step and a decision are what the contract says', () => {
    const report = { topic: 'dust', item: null, description: ' 堆土 ', severity: 'minor', found_at: FOUND } as const
    expect(reportAct('f', { ...report, position: null, site: null }, [photo]).args).toMatchObject({
      ...{ description: '堆土', photos: ['a'], position: null },
    })
    expect(commentAct('f', ' 好 ', [])).toEqual({ cmd: 'finding.comment', row: 'f', args: { text: '好', photos: [] } })
    expect(stepAct('f', { from: 'feedback', to: 'recheck' }).args).toMatchObject({ note: null, photos: [] })
    expect(resolveAct('c', { state: 'incoming' })).toMatchObject({ row: 'c', args: { choice: { state: 'incoming' } } })
  })
})

describe('a conflict', () => {
  const say = (key: string, named?: Record<string, unknown>) => `${key}${named ? JSON.stringify(named) : ''}`
  test('shows values in words', () => {
    const words = (field: string, value: unknown) =>
      valueInWords(field, value, say, (id) => (id === 's' ? '工地' : null))
    expect(words('state', 'closed')).toBe('code.state.closed')
    expect(words('site', 's')).toBe('工地')
    expect(words('description', '堆土')).toBe('堆土')
    expect(words('site', null)).toBe('finding.conflict.nothing')
    expect(words('position', { lon: 109.41234567, lat: 24.3, accuracy_m: 7.6 })).toContain('"lon":"109.41235"')
  })
  test('is decided for all of its fields or not at all', () => {
    const fields = ['state', 'topic'].map((name) => ({ name, base: 1, current: 2, incoming: 3 }))
    expect(wholeChoice({ fields }, { state: 'current' })).toBe(null)
    expect(wholeChoice({ fields }, { state: 'current', topic: 'incoming' })).toEqual({
      state: 'current',
      topic: 'incoming',
    })
  })
})

test('a free finding needs a topic, words and a photo', () => {
  const draft = {
    ...{ id: 'f', topic: '', severity: 'minor' as const, item: null, description: ' ' },
    found_at: FOUND,
  } as const
  expect(openOf({ ...draft, site: null, position: null, photos: [] })).toEqual(['topic', 'description', 'photos'])
  const empty = { ...draft, site: null, position: null, photos: [] }
  expect([isEmpty(empty), isEmpty({ ...empty, description: '堆土' })]).toEqual([true, false])
})

test('ready phrases are those of the topic and the kind of site, the gravest first, each once', () => {
  const item = (zh: string, severity: string | null, kinds: string[]) => ({
    ...{ code: zh, severity, archived: null, phrases: [{ zh, en: zh }], applies: { site_kinds: kinds } },
  })
  const items = [item('轻', 'minor', []), item('重', 'serious', ['construction']), item('鼓励', null, [])]
  const packs = [
    { topic: 'dust', items: [...items, item('路', 'minor', ['road'])] },
    { topic: 'voc', items: [item('桶', 'minor', [])] },
    { topic: 'dust', items },
  ]
  const said = phrasesOf(packs as never, 'dust', 'construction').map((each) => each.text.zh)
  expect(said).toEqual(['重', '轻'])
  expect(dutiesOf(packs as never, 'dust', 'construction').map((each) => each.code)).toEqual(['轻', '重'])
})
