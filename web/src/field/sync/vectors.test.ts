/** What the reference client computed, computed here: tests/sync/device_vectors.py wrote the vectors. */
import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { canonical, fingerprint } from './canonical'
import { FieldDatabase, write, type OpRecord, type OpResult } from './database'
import { Growing, ofEntry } from './digest'
import { Outbox } from './outbox'
import { DOUBTFUL, Receipts, thumbprint } from './receipts'
import type { Json } from './types'

interface Vectors {
  chain: (OpRecord & { args: Json; base_rev: number | null })[]
  canonical: { value: unknown; text: string; sha256: string }[]
  digests: { entries: [string, string, number][]; n: number; x: string }[]
  receipts: { keys: JsonWebKey[]; kid: string; record: OpRecord; cases: Case[] }
}
interface Case {
  name: string
  result: OpResult
  verdict: string
}

const FILE = new URL('../../../../tests/fixtures/device-vectors.json', import.meta.url)
const VECTORS = JSON.parse(readFileSync(FILE, 'utf-8')) as Vectors

test('a chain of ops has the same bytes and the same hashes', async () => {
  const clock = { boot: '', nowMs: () => 0, wall: () => '', monoMs: () => 0 }
  const outbox = new Outbox(new FieldDatabase(crypto.randomUUID()), clock, crypto.randomUUID, async () => null)
  const first = JSON.parse(VECTORS.chain[0]!.body)
  const wanted = VECTORS.chain.map(({ id, args, base_rev: baseRev }) => {
    return { id, cmd: 'finding.report', row: first.row, args, baseRev }
  })
  const records = await outbox.chained({ id: first.stream, n: 0, sha256: null }, wanted, first.t)
  const said = ({ n, body, sha256 }: OpRecord) => ({ n, body, sha256 })
  expect(records.map(said)).toEqual(VECTORS.chain.map(said))
})

test.each(VECTORS.canonical)('the canonical text of $text', async ({ value, text, sha256 }) => {
  expect(new TextDecoder().decode(canonical(value))).toBe(text)
  expect(await fingerprint(value)).toBe(sha256)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 'a lone \ud800', undefined])('%o has no canonical text', (value) => {
  expect(() => canonical({ value })).toThrow(RangeError)
})

test.each(VECTORS.digests)('the digest of $n entries', async ({ entries, n, x }) => {
  const growing = new Growing()
  for (const [type, id, seq] of entries) growing.add(await ofEntry(type, id, seq))
  expect(growing.value).toEqual({ n, x })
})

describe('receipts', () => {
  const { keys, kid, record, cases } = VECTORS.receipts

  test.each(cases)('$name, told $result.status at $result.seq: $verdict', async ({ result, verdict }) => {
    const db = new FieldDatabase(crypto.randomUUID())
    const receipts = new Receipts(db)
    await write(db, await receipts.learning([...keys, null, 'no key']))
    expect(await receipts.verdict(record, result)).toBe(verdict)
  })

  test('a browser without Ed25519 leaves receipts unchecked, and doubts nobody', async () => {
    const db = new FieldDatabase(crypto.randomUUID())
    const receipts = new Receipts(db)
    await write(db, await receipts.learning(keys))
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no such name', 'NotSupportedError'))
    const verdict = await receipts.verdict(record, cases[0]!.result)
    expect([verdict, DOUBTFUL.includes(verdict)]).toEqual(['unchecked', false])
  })

  test('a key is named by its thumbprint', async () => {
    expect(await thumbprint(keys[0]!)).toBe(kid)
  })
})
