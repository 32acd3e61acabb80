import { expect, test } from 'vitest'
import { Api } from '../../api'
import { doAgain, doOne, fitting, undoOne, walkOf } from './bulk'
import type { FindingRow } from './finding'

const row = (state: string, id = 'a') => ({ id, state }) as FindingRow

/** A server that takes each step, and remembers what it was sent. */
function taking() {
  const sent: [string, string, Record<string, unknown>][] = []
  const api = new Api(async (url, init) => {
    const body = JSON.parse(String(init!.body)) as Record<string, unknown>
    sent.push([init!.method!, String(url), body])
    return Response.json({ id: 'a', state: body.to ?? 'rejected' })
  })
  return { api, sent }
}

test('a deed is for those in the right state alone', () => {
  const rows = [row('submitted'), row('verified', 'b'), row('closed', 'c')]
  expect(fitting('verify', rows).map((each) => each.id)).toEqual(['a'])
  expect(fitting('dispatch', rows).map((each) => each.id)).toEqual(['b'])
  expect(fitting('merge', rows, 'b').map((each) => each.id)).toEqual(['a'])
  expect(walkOf('dispatch', row('rectifying'))).toBeNull()
})

test('what is verified is registered on its way to an office, each step from the state that was seen', async () => {
  const { api, sent } = taking()
  const done = await doOne('dispatch', row('verified'), { office: 'o', note: '尽快' }, api)
  expect(done).toMatchObject({ state: 'done', row: { state: 'dispatched' } })
  expect(sent.map(([, , body]) => body)).toEqual([
    { from: 'verified', to: 'registered' },
    { from: 'registered', to: 'dispatched', office: 'o', note: '尽快' },
  ])
})

test('what somebody else did meanwhile is told of that finding and stops no other', async () => {
  const said = { status: 409, code: 'state-changed', state: 'verified' }
  const api = new Api(() => Promise.resolve(Response.json(said, { status: 409 })))
  expect(await doOne('verify', row('submitted'), {}, api)).toMatchObject({
    state: 'failed',
    error: { code: 'state-changed' },
  })
})

test('half a way that no answer came for is told as such, and gone on with from where it stands', async () => {
  const { api, sent } = taking()
  let broken = false
  const failing = new Api((url, init) => {
    if (init!.method === 'GET') return Promise.resolve(Response.json({ id: 'a', state: 'verified' }))
    return broken
      ? Promise.reject(new TypeError('no network'))
      : api['send'](url, { ...init }).finally(() => (broken = true))
  })
  const cut = await doOne('register', row('submitted'), {}, failing)
  expect(cut).toMatchObject({ state: 'unsure', row: { state: 'verified' } })
  broken = false
  expect(await doAgain('register', cut.row, {}, failing)).toMatchObject({ state: 'done', row: { state: 'registered' } })
  expect(sent.map(([, , body]) => body.to)).toEqual(['verified', 'registered'])
})

test('what was done although its answer was lost is not done twice', async () => {
  const asked: string[] = []
  const api = new Api((_url, init) => {
    asked.push(init!.method!)
    return Promise.resolve(Response.json({ id: 'a', state: 'rejected', merged_into: 'b' }))
  })
  expect(await doAgain('merge', row('submitted'), { into: 'b' }, api)).toMatchObject({ state: 'done' })
  expect(asked).toEqual(['GET'])
})

test('a dispatch and a merge are taken back', async () => {
  const { api, sent } = taking()
  expect(await undoOne('dispatch', row('dispatched'), '误派', api)).toMatchObject({ state: 'undone' })
  expect(await undoOne('merge', row('rejected'), '误并', api)).toMatchObject({ state: 'undone' })
  expect(sent).toEqual([
    ['POST', '/api/v1/findings/a/steps', { from: 'dispatched', to: 'registered', note: '误派' }],
    ['DELETE', '/api/v1/findings/a/merge', { note: '误并' }],
  ])
})
