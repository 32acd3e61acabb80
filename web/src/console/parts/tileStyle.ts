/** The style of a map of the server's vector tiles: cells' outlines with findings or fire points over them, no base map.
 *
 * Findings that lie close together come gathered from the server, as one point with their number.
 */
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl'
import { address, type Query } from '../api'

export type PointLayer = 'findings' | 'fire_points'

export interface Asked {
  /** Which points are drawn. */
  points: PointLayer
  /** What the list of these points is narrowed by. */
  query: Query
  dark: boolean
  /** What stands in a single point, by its severity or its state: a letter or two, for colour alone says nothing. */
  signs: Record<string, string>
}

const LIGHT = { ground: '#f4f5f2', ink: '#1b2430', halo: '#ffffff', cell: '#5b6b7c', many: '#1456a0', sign: '#ffffff' }
const DARK = { ground: '#12181e', ink: '#e8edf2', halo: '#12181e', cell: '#8a99a8', many: '#8ab8f5', sign: '#10151b' }
/** Each at least 4.5:1 against its sign. */
const SINGLE = {
  light: { minor: '#566172', moderate: '#8f5400', serious: '#b8281e', open: '#b3170f', answered: '#1b7a3d' },
  dark: { minor: '#a7b1bf', moderate: '#f0b45c', serious: '#ff9a91', open: '#ff9c96', answered: '#6fcf97' },
}
const FONT = ['sans-serif']
/** About a point's number, in pixels: its circle, which no name of a cell may cover or be covered by. */
const ROOM = 10

/** The address of a layer's tiles, narrowed as the list is. */
export function tilesOf(layer: string, query: Query, origin: string): string {
  return `${origin}${address(`/tiles/${layer}/ZXY.mvt`, query).replace('ZXY', '{z}/{x}/{y}')}`
}

export function tileStyle(asked: Asked, origin: string): StyleSpecification {
  const colours = asked.dark ? DARK : LIGHT
  const source = (layer: string, query: Query): SourceSpecification => ({
    type: 'vector',
    tiles: [tilesOf(layer, query, origin)],
    minzoom: 0,
    maxzoom: 16,
  })
  const counted = asked.points === 'findings' ? asked.query : {} // cells count findings alone
  return {
    version: 8,
    sources: { cells: source('cells', counted), points: source(asked.points, asked.query) },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colours.ground } },
      ...ground(colours),
      ...many(asked.points, colours),
      ...single(asked, colours),
    ],
  }
}

function ground(colours: typeof LIGHT): LayerSpecification[] {
  const from = { source: 'cells', 'source-layer': 'cells' }
  return [
    { id: 'cells-fill', type: 'fill', ...from, paint: { 'fill-color': colours.cell, 'fill-opacity': 0.04 } },
    { id: 'cells-line', type: 'line', ...from, paint: { 'line-color': colours.cell, 'line-width': 1 } },
    {
      ...{ id: 'cells-name', type: 'symbol', source: 'cells', 'source-layer': 'cell_names' },
      layout: {
        ...{ 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 13, 'text-padding': 1 },
        // Beside the points where they would stand on it: these are placed first.
        'text-variable-anchor-offset': [
          'center',
          [0, 0],
          'top',
          [0, 1.3],
          'bottom',
          [0, -1.3],
          'left',
          [1.6, 0],
          'right',
          [-1.6, 0],
        ],
      },
      paint: { 'text-color': colours.ink, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

function many(points: PointLayer, colours: typeof LIGHT): LayerSpecification[] {
  const from = { source: 'points', 'source-layer': points }
  const size = ['interpolate', ['linear'], ['log10', ['get', 'count']], 0, 13, 3, 24, 6, 36]
  return [
    {
      ...{ id: 'many', type: 'circle', ...from, filter: ['!', ['has', 'id']] },
      paint: {
        'circle-color': colours.many,
        'circle-radius': size as never,
        'circle-stroke-color': colours.halo,
        'circle-stroke-width': 2,
      },
    },
    {
      ...{ id: 'many-count', type: 'symbol', ...from, filter: ['!', ['has', 'id']] },
      layout: {
        ...{ 'text-field': ['to-string', ['get', 'count']], 'text-font': FONT, 'text-size': 12 },
        ...{ 'text-allow-overlap': true, 'text-padding': ROOM },
      },
      paint: { 'text-color': colours.sign },
    },
  ]
}

function single(asked: Asked, colours: typeof LIGHT): LayerSpecification[] {
  const from = { source: 'points', 'source-layer': asked.points }
  const said = asked.points === 'findings' ? 'severity' : 'state'
  const by = (values: Record<string, string>, other: string): never =>
    ['match', ['get', said], ...Object.entries(values).flat(), other] as never
  return [
    {
      ...{ id: 'single', type: 'circle', ...from, filter: ['has', 'id'] },
      paint: {
        'circle-color': by(SINGLE[asked.dark ? 'dark' : 'light'], colours.cell),
        'circle-radius': 12,
        'circle-stroke-color': colours.halo,
        'circle-stroke-width': 2,
      },
    },
    {
      ...{ id: 'single-sign', type: 'symbol', ...from, filter: ['has', 'id'] },
      layout: {
        ...{ 'text-field': by(asked.signs, ''), 'text-font': FONT, 'text-size': 12 },
        ...{ 'text-allow-overlap': true, 'text-padding': ROOM },
      },
      paint: { 'text-color': colours.sign },
    },
  ]
}

/** Where a map stands, as a text for the page's address: `109.3312,24.1260,13.2`. */
export const viewText = (lon: number, lat: number, zoom: number): string =>
  `${lon.toFixed(4)},${lat.toFixed(4)},${zoom.toFixed(1)}`

/** The same read back; null for anything else. */
export function viewOf(text: string): { lon: number; lat: number; zoom: number } | null {
  const numbers = text.split(',').map(Number)
  const [lon, lat, zoom] = numbers
  if (numbers.length !== 3 || numbers.some((each) => !Number.isFinite(each))) return null
  return Math.abs(lon!) <= 180 && Math.abs(lat!) <= 85 && zoom! >= 0 && zoom! <= 22
    ? { lon: lon!, lat: lat!, zoom: zoom! }
    : null
}
