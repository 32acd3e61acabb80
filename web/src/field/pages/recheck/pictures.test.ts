import { expect, test } from 'vitest'
import type { FindingRow, TaskRow } from '../finding/rows'
import { wantedPictures } from './pictures'

const NOW = new Date('2026-11-26T02:00:00Z')
const ME = { id: 'me', name: 'wei' }

/** Photos as `before`, or as `role:name`; a name that ends in `?` is not on the server yet. */
function finding(id: string, state: string, ...photos: string[]): FindingRow {
  const refs = photos.map((text) => {
    const [role, sha256] = text.split(':') as [string, string]
    return { id: null, sha256, role, stored: !sha256.endsWith('?') }
  })
  return { id, state, merged_into: null, photos: refs } as unknown as FindingRow
}
function task(kind: string, id: string, due_at: string, assignee: string | null = null, more: object = {}): TaskRow {
  const who = assignee === null ? null : { id: assignee, name: assignee }
  const about = { source: { type: 'finding', id }, assignee: who, not_before: null }
  return { kind, state: 'open', due_at, ...about, ...more } as unknown as TaskRow
}

test('what is to be looked at again is wanted, by its term: one photo of each, then the others', () => {
  const findings = [
    finding('a', 'feedback', 'after:a3', 'before:a1', 'before:a2'),
    finding('b', 'recheck', 'before:b1', 'after:b2'),
    finding('c', 'rectifying', 'before:c1'),
    finding('d', 'closed', 'before:d1'),
  ]
  const tasks = [task('re-inspection', 'b', '2026-11-27T00:00:00Z'), task('look-back', 'd', '2026-11-28T00:00:00Z')]
  expect(wantedPictures(findings, tasks, ME, NOW)).toEqual(['b1', 'd1', 'a1', 'b2', 'a2', 'a3'])
})

test("of this person's own tasks too before the reply or the day has come, and of nobody else's", () => {
  const findings = [finding('a', 'rectifying', 'before:a1'), finding('b', 'rectifying', 'before:b1')]
  const early = { not_before: '2026-12-20T00:00:00Z' }
  const tasks = [
    task('re-inspection', 'a', '2026-11-27T00:00:00Z', 'me'),
    task('re-inspection', 'b', '2026-11-27T00:00:00Z', 'other'),
    task('look-back', 'c', '2026-12-30T00:00:00Z', 'me', early),
    task('re-inspection', 'b', '2026-11-27T00:00:00Z', 'me', { state: 'done' }),
  ]
  expect(wantedPictures([...findings, finding('c', 'closed', 'scene:c1')], tasks, ME, NOW)).toEqual(['a1', 'c1'])
})

test('not what the server does not have, nor papers and signatures, nor all of a long case', () => {
  const many = Array.from({ length: 12 }, (_, i) => `before:p${i}`)
  expect(wantedPictures([finding('a', 'feedback', 'before:x?', 'document:y', 'signature:z')], [], ME, NOW)).toEqual([])
  expect(wantedPictures([finding('a', 'feedback', ...many)], [], ME, NOW)).toHaveLength(8)
})
