import { expect, test } from 'vitest'
import type { FindingDetail, Hop } from './finding'
import { choices, emptyDraft, missing, requestOf, stepChoice, type MayTake } from './steps'

const TAKE_BACK: MayTake = { action: 'take-back', to: 'registered', needs: ['note'] }
const DISPATCH: MayTake = { action: 'dispatch', to: 'dispatched', needs: [] }
const hop = (more: Partial<Hop> = {}): Hop =>
  ({ ended_at: null, return: null, extensions: [], ...more }) as unknown as Hop
const finding = (state: string, hops: Hop[] = []) => ({ id: 'f', state, hops }) as unknown as FindingDetail
const actions = (...of: Parameters<typeof choices>) => choices(...of).map((each) => each.action)

test('a dispatch needs an office; its term may be left to the rule', () => {
  const dispatch = stepChoice(DISPATCH)
  expect(missing(dispatch, emptyDraft())).toEqual(['office'])
  const draft = { ...emptyDraft(), office: 'o', note: ' 尽快 ' }
  expect(missing(dispatch, draft)).toEqual([])
  expect(requestOf(dispatch, draft, finding('registered'))).toEqual({
    method: 'POST',
    path: '/findings/f/steps',
    body: { from: 'registered', to: 'dispatched', note: '尽快', office: 'o' },
  })
})

test('what a step needs by its rule is asked for before it is sent', () => {
  expect(missing(stepChoice(TAKE_BACK), { ...emptyDraft(), note: ' ' })).toEqual(['note'])
  const atOnce = stepChoice({ action: 'close-at-once', to: 'closed', needs: ['at-once'] })
  expect(missing(atOnce, emptyDraft())).toEqual(['photos'])
  expect(atOnce.conditions).toEqual(['at-once'])
})

test('a supervisor answers what the office has asked for, and only then', () => {
  expect(actions(finding('rectifying', [hop()]), [TAKE_BACK], 'supervisor')).toEqual(['take-back', 'pass-on', 'park'])
  const asked = hop({ return: {} as Hop['return'], extensions: [{ state: 'waiting' }] as Hop['extensions'] })
  expect(actions(finding('rectifying', [asked]), [TAKE_BACK], 'admin')).toEqual(
    expect.arrayContaining(['refuse-return', 'grant-extension', 'refuse-extension']),
  )
})

test('a handler asks once for a return and once for more time', () => {
  const sign: MayTake = { action: 'sign-for', to: 'rectifying', needs: [] }
  expect(actions(finding('dispatched', [hop()]), [sign], 'handler')).toEqual(
    expect.arrayContaining(['ask-return', 'ask-extension']),
  )
  const asked = hop({ return: {} as Hop['return'] })
  expect(actions(finding('dispatched', [asked]), [sign], 'handler')).not.toContain('ask-return')
})

test('who may take no step is offered no dealing', () => {
  expect(actions(finding('rectifying', [hop()]), [], 'handler')).toEqual([])
  expect(actions(finding('submitted'), [], 'inspector')).toEqual([])
})

test('more time is refused with a null term, and a return by DELETE', () => {
  const asked = finding('rectifying', [
    hop({ return: {} as Hop['return'], extensions: [{ state: 'waiting' }] as never }),
  ])
  const by = Object.fromEntries(choices(asked, [TAKE_BACK], 'supervisor').map((each) => [each.action, each]))
  expect(requestOf(by['refuse-extension']!, emptyDraft(), asked)).toMatchObject({
    method: 'PUT',
    body: { due_at: null },
  })
  expect(requestOf(by['refuse-return']!, emptyDraft(), asked)).toMatchObject({
    method: 'DELETE',
    path: '/findings/f/return',
  })
})
