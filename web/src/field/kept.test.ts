import 'fake-indexeddb/auto'
import { NoAnswer } from '@shared/problem'
import { beforeEach, expect, test } from 'vitest'
import { kept, keepAgain } from './kept'
import { FieldDatabase } from './sync/database'
import { Answer, type Transport } from './sync/transport'

let device: { db: FieldDatabase }
let asked: Record<string, string>[]
let number = 0

/** A server that gives these answers, one after the other. */
function server(...answers: (Answer | Error)[]): Transport {
  return {
    send: async (_method, _path, headers) => {
      asked.push(headers)
      const next = answers.shift()!
      if (next instanceof Error) throw next
      return next
    },
  }
}

const answer = (status: number, body = '', headers: Record<string, string> = {}) =>
  new Answer(status, headers, new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>)

beforeEach(async () => {
  asked = []
  device = { db: new FieldDatabase(`kept-${number++}`) }
  await device.db.meta.put('secret', 'token')
})

test('an answer is kept and asked for again only when it changed', async () => {
  const transport = server(answer(200, '{"levels":[]}', { etag: '"1"' }), answer(304))
  expect(await keepAgain(device, 'cells', transport)).toBe(true)
  expect(await kept(device, 'cells')).toEqual({ levels: [] })
  expect(await keepAgain(device, 'cells', transport)).toBe(false)
  expect(asked[1]).toMatchObject({ 'If-None-Match': '"1"', Authorization: 'Bearer secret' })
  expect(await kept(device, 'cells')).toEqual({ levels: [] })
})

test('without a network, or when the server refuses, what was kept stays', async () => {
  const transport = server(answer(200, '{"levels":["x"]}'), new NoAnswer('down'), answer(401))
  for (let i = 0; i < 3; i++) await keepAgain(device, 'cells', transport)
  expect(await kept(device, 'cells')).toEqual({ levels: ['x'] })
})

test('a device that is not enrolled asks nothing', async () => {
  await device.db.meta.delete('token')
  expect(await keepAgain(device, 'cells', server())).toBe(false)
  expect(asked).toEqual([])
})
