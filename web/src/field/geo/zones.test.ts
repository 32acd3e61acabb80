/** Held to the server's own verdicts: tests/geo/zone-vectors.json, which a test there makes anew and compares. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { disc, type Shape } from './rings'
import { shareOut } from './sharing'
import { holding, rulesAt, type Verdicts } from './zone_rules'
import { isValidOn, zonesOf, type Subject, type ZoneFile } from './zones'

type Said = [outcome: string, certainty: string, shares: Record<string, number>, deciding: string | null]
type Ask = [number, number, number, string, Record<Subject, Said>, string[], string[], string[]]
const path = new URL('../../../../tests/geo/zone-vectors.json', import.meta.url)
const { files, asks } = JSON.parse(readFileSync(path, 'utf-8')) as { files: ZoneFile[]; asks: Ask[] }
const zones = zonesOf(files)
const kept = new Set(zones.map((zone) => zone.subject))
const told = new Map(
  asks.map((ask): [Ask, Verdicts] => [ask, rulesAt(zones, ask[0], ask[1], new Date(ask[3]), ask[2])]),
)
const at = (ask: Ask): Verdicts => told.get(ask)!

test('every subject has the same outcome, as surely, by the same zone', () => {
  expect(asks.length).toBeGreaterThan(400)
  const short = (said: Record<string, Said>) =>
    Object.entries(said).map(([subject, [outcome, certainty, , deciding]]) => [subject, outcome, certainty, deciding])
  for (const ask of asks) {
    const told = Object.entries(at(ask)).map(([subject, { outcome, certainty, deciding }]) => {
      return [subject, outcome, certainty, deciding?.id ?? null]
    })
    expect([...ask.slice(0, 4), told]).toEqual([...ask.slice(0, 4), short(ask[4])])
  }
})

test('every outcome has the same share of the circle', () => {
  for (const ask of asks)
    for (const [subject, verdict] of Object.entries(at(ask))) {
      const said = Object.entries(ask[4][subject as Subject][2]).map(([each, share]) => [
        each,
        expect.closeTo(share, 4),
      ])
      const told = Object.entries(verdict.shares).filter(
        ([each, share]) => share > 1e-5 || each in Object.fromEntries(said),
      )
      expect([...ask.slice(0, 4), subject, new Map(told)]).toEqual([...ask.slice(0, 4), subject, new Map(said as [])])
    }
})

test('the same kinds hold, and of the same nobody can tell', () => {
  for (const ask of asks) {
    const [, , , , , wanted, hold, doubtful] = ask
    expect(holding(at(ask), kept, wanted)).toEqual({ hold, doubtful })
  }
  expect(new Set(asks.flatMap((ask) => ask[6])).size).toBe(5)
})

test('a zone of a kind that this app does not know is not left out in silence', () => {
  const zone = { ...files[1]!.zones[0]!, kind: 'no-horses' }
  expect(() => zonesOf([{ zones: [zone] }])).toThrow(RangeError)
})

test('a zone is valid through the last day of its paper', () => {
  const past = zones.find((zone) => zone.id === 'burn-past')!
  const days = [
    '2023-12-31T23:59:59+08:00',
    '2024-01-01T00:00:00+08:00',
    '2025-11-10T15:59:59Z',
    '2025-11-10T16:00:00Z',
  ]
  expect(days.map((day) => isValidOn(past, new Date(day)))).toEqual([false, true, true, false])
})

test('what areas share out of a ground makes a whole, whatever lies over what', () => {
  const square = (x: number, y: number, size: number): Shape =>
    [
      [
        [x, y],
        [x + size, y],
        [x + size, y + size],
        [x, y + size],
        [x, y],
      ].map(([a, b]) => [a!, b!] as const),
    ].map((ring) => [ring])
  const { own, decided, rest } = shareOut(disc(0, 0, 10), [
    square(0, -10, 20),
    square(-10, 0, 20),
    square(-99, -99, 200),
  ])
  expect(own).toEqual([0.5, 0.5, 1].map((share) => expect.closeTo(share, 9)))
  expect(decided).toEqual([0.5, 0.25, 0.25].map((share) => expect.closeTo(share, 9)))
  expect(rest).toBeCloseTo(0, 9)
})
