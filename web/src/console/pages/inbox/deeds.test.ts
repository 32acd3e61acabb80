import { expect, test } from 'vitest'
import type { FindingDetail, Hop } from './case'
import { deedsOf, laterBy, requestOf, type Said } from './deeds'

const NOW = new Date('2026-11-26T02:00:00Z')
const SAID: Said = { note: ' 需等材料 ', office: 'o', days: 3, day: '2026-12-01', documents: ['d'], photos: ['p'] }
const hop = (more: Partial<Hop> = {}): Hop => ({ return: null, extensions: [], ended_at: null, ...more }) as Hop
const finding = (...hops: Hop[]): FindingDetail => ({ hops }) as unknown as FindingDetail
const take = (...actions: string[]) => actions.map((action) => ({ action, to: '', needs: [] }))
const asked = { by: null, at: '', reason: '不属我局', due_at: null }

test('a handler signs for what came, and may pass it on, return it, ask for time or park it', () => {
  expect(deedsOf(finding(hop()), 'handler', take('sign-for'))).toEqual([
    ...['sign-for', 'pass-on', 'ask-return', 'ask-extension', 'park'],
  ])
})

test('a request that waits is not made twice, and the dispatcher decides on it first', () => {
  const waiting = { state: 'waiting' } as Hop['extensions'][number]
  const both = finding(hop({ return: asked, extensions: [waiting] }))
  expect(deedsOf(both, 'handler', take('reply'))).toEqual(['reply', 'pass-on', 'park'])
  const decides = deedsOf(both, 'supervisor', take('reply', 'take-back'))
  expect(decides.slice(0, 4)).toEqual(['grant-return', 'refuse-return', 'grant-extension', 'refuse-extension'])
  expect(decides).not.toContain('take-back')
})

test('without a right to any step there is nothing to do, and what no office has is not passed on', () => {
  expect(deedsOf(finding(hop()), 'handler', [])).toEqual([])
  expect(deedsOf(finding(hop({ ended_at: '2026' })), 'supervisor', take('redo'))).toEqual(['redo'])
})

test('a reply names the state that was seen, its words, scans and photos', () => {
  expect(requestOf('reply', 'f', 'rectifying', SAID, null, NOW)).toEqual({
    method: 'POST',
    path: '/findings/f/steps',
    body: { from: 'rectifying', to: 'feedback', note: '需等材料', documents: ['d'], photos: ['p'] },
  })
})

test('more time counts from the term, and from now where that is over', () => {
  expect(laterBy('2026-11-27T10:00:00Z', 3, NOW)).toBe('2026-11-30T10:00:00.000Z')
  expect(laterBy('2026-11-20T10:00:00Z', 3, NOW)).toBe('2026-11-29T02:00:00.000Z')
})

test('a day that is granted or parked until is whole, by the clock of China, and a refusal grants none', () => {
  expect(requestOf('park', 'f', '', SAID, null, NOW).body).toEqual({
    note: '需等材料',
    due_at: '2026-12-01T23:59:59+08:00',
  })
  expect(requestOf('refuse-extension', 'f', '', SAID, null, NOW)).toMatchObject({
    method: 'PUT',
    body: { due_at: null },
  })
  expect(requestOf('refuse-return', 'f', '', SAID, null, NOW)).toMatchObject({ method: 'DELETE' })
})
