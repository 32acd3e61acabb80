import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec'
import { expect, test } from 'vitest'
import { LAYERS, TAPPED } from './features'
import { pmtiles, styleOf, tianditu, type Base } from './style'

const VECTOR = pmtiles('pmtiles://here/map', { vector: true, layers: ['water', 'roads'] }, 'light')
const PICTURES = pmtiles('pmtiles://here/map', { vector: false, layers: [] }, 'night')
const BASES: [string, Base | undefined][] = [
  ['no base map', undefined],
  ['天地图', tianditu('0123456789ab')],
  ['a vector file', VECTOR],
  ['a file of pictures', PICTURES],
]

test.each(BASES)('the style with %s is valid in both themes', (_name, base) => {
  for (const theme of ['light', 'night'] as const) expect(validateStyleMin(styleOf(theme, base))).toEqual([])
})

test('every layer of ours has its source, and points that may be tapped have their dots', () => {
  const { sources, layers } = styleOf('light')
  expect(Object.keys(sources)).toEqual([...LAYERS])
  expect(layers.map((layer) => layer.id)).toEqual(expect.arrayContaining(TAPPED.map((name) => `${name}-dot`)))
})

test('a map without a base map asks no host for anything: no tiles, no fonts, no sprites', () => {
  expect(JSON.stringify(styleOf('night'))).not.toMatch(/https?:|pmtiles:/)
})
