import { expect, test } from 'vitest'
import { commentsOf, findingView, findingsOf, type LookUp, type OwnOp } from './echo'
import type { CommentRow, FindingRow } from './rows'

const ME = { id: 'wei', name: '韦敏' }
const NO_PACK: LookUp = () => null
const mirrored = (part: Partial<FindingRow> = {}, rev = 3) => ({
  row: {
    ...{ id: 'f', number: 'LZ-1', topic: 'dust', description: '堆土未覆盖', severity: 'minor', state: 'submitted' },
    ...{ photos: [], flags: [], merged_into: null, case: null, site: null, rev },
    ...part,
  } as unknown as FindingRow,
  rev,
})
let n = 0
const op = (cmd: string, args: object, part: Partial<OwnOp> = {}): OwnOp => ({
  ...{ id: `op${++n}`, cmd, row: 'f', args: args as OwnOp['args'], at: '2026-11-26T10:00:00+08:00' },
  ...{ status: null, rev: null, problem: null },
  ...part,
})
const view = (row: ReturnType<typeof mirrored> | null, ops: OwnOp[], lookUp = NO_PACK) =>
  findingView('f', row, ops, ME, lookUp)

test('what neither mirror nor device knows is nothing', () => {
  expect(view(null, [])).toBe(null)
})

test('a reported finding shows before any network, with its photos, as being on the device', () => {
  const report = { topic: 'straw', severity: 'serious', description: '焚烧', found_at: 'x', photos: ['a'], site: 's' }
  const photo = op('photo.add', { sha256: 'a', role: 'before', subject: { type: 'finding', id: 'f' } }, { row: 'p' })
  const seen = view(null, [op('finding.report', report), photo])
  expect(seen).toMatchObject({ onDevice: 'all', state: 'submitted', description: '焚烧', author: { name: '韦敏' } })
  expect(seen!.photos).toEqual([{ id: 'p', sha256: 'a', role: 'before', stored: false }])
})

test('what the server has received is not said to be on the device alone, also before its row has come', () => {
  const report = { topic: 'straw', severity: 'serious', description: '焚烧', found_at: 'x', photos: [], site: 's' }
  const received = { status: 'applied', rev: 4 } as const
  expect(view(null, [op('finding.report', report, received)])).toMatchObject({ onDevice: null, description: '焚烧' })
  const edit = op('finding.edit', { severity: 'serious' }, received)
  expect(view(mirrored(), [edit])).toMatchObject({ severity: 'serious', onDevice: null })
  const comment = op('finding.comment', { text: '已通知' }, received)
  expect(commentsOf('f', [], [comment], ME)).toMatchObject([{ text: '已通知', onDevice: false }])
})

test("an inspection's failed duty shows as a finding with what its item says", () => {
  const answers = [
    { item: 'hoarding', result: 'fail', note: null, photos: null, finding: 'f' },
    { item: 'cover', result: 'pass', note: null, photos: null, finding: null },
  ]
  const submit = op('inspection.submit', { checklist: 'dust', checklist_version: '1', answers }, { row: 'i' })
  expect(findingsOf(submit)).toEqual(['f'])
  const said = { topic: 'dust', severity: 'moderate', phrase: '围挡有缺口', text: '围挡' } as const
  const seen = view(null, [submit], (pack, version, item) =>
    `${pack}@${version} ${item}` === 'dust@1 hoarding' ? said : null,
  )
  expect(seen).toMatchObject({ topic: 'dust', severity: 'moderate', description: '围挡有缺口', inspection: 'i' })
})

test('changes lie over the mirror until its row has their rev', () => {
  const edit = op('finding.edit', { severity: 'serious' }, { status: 'applied', rev: 4 })
  const step = op('finding.transition', { from: 'submitted', to: 'verified' })
  expect(view(mirrored(), [edit, step])).toMatchObject({ severity: 'serious', state: 'verified', onDevice: 'changes' })
  expect(view(mirrored({}, 4), [edit])).toMatchObject({ severity: 'minor', onDevice: null })
})

test('what was refused or waits changes nothing here, and is told with its reason', () => {
  const held = op('finding.transition', { to: 'closed' }, { status: 'held', problem: 'after-photo-missing' })
  const refused = op('finding.edit', { topic: 'voc' }, { status: 'rejected', problem: 'args-invalid' })
  const lost = op('finding.edit', { topic: 'voc' }, { status: 'conflict' })
  const seen = view(mirrored(), [held, refused, lost])
  expect(seen).toMatchObject({ state: 'submitted', topic: 'dust', onDevice: null })
  expect(seen!.told.map((each) => each.problem)).toEqual(['after-photo-missing', 'args-invalid'])
})

test("the mirror's own photo is not shown twice, nor one of another finding", () => {
  const photos = [{ id: 'p', sha256: 'a', role: 'before', stored: true }]
  const there = op('photo.add', { sha256: 'a', role: 'before', subject: { type: 'finding', id: 'f' } }, { row: 'p' })
  const other = op('photo.add', { sha256: 'b', role: 'after', subject: { type: 'finding', id: 'g' } }, { row: 'q' })
  expect(view(mirrored({ photos }), [there, other])!.photos).toEqual(photos)
})

test('comments come in their order, one that is on this device only among them, once', () => {
  const row = (id: string, at: string) =>
    ({ id, finding: 'f', text: id, photos: [], author: ME, at }) as unknown as CommentRow
  const own = { ...op('finding.comment', { text: '已通知' }, { at: '2026-11-26T11:00:00+08:00' }), comment: 'c3' }
  const rows = [row('c1', '2026-11-26T01:00:00Z'), row('c2', '2026-11-26T05:00:00Z')]
  const texts = (list: CommentRow[]) => commentsOf('f', list, [own], ME).map((each) => [each.text, each.onDevice])
  expect(texts(rows)).toEqual([
    ['c1', false],
    ['已通知', true],
    ['c2', false],
  ])
  expect(texts([...rows, row('c3', '2026-11-26T03:00:00Z')]).filter(([, here]) => here)).toEqual([])
})
