/** The style of a map without any base map: ground, cells, zones and points in two themes; and a base map below them. */
import type { FilterSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl'
import { GATHERED, LAYERS, collection, type LayerName } from './features'

export interface MapSettings {
  base: { kind: 'tianditu' | 'pmtiles'; key: string | null; url: string | null } | null
  approval_no: string | null
  attribution: string | null
}
export interface Base {
  sources: Record<string, SourceSpecification>
  layers: LayerSpecification[]
}
export const NO_BASE: Base = { sources: {}, layers: [] }

interface Colours {
  ground: string
  ink: string
  halo: string
  cell: string
  zone: string
  site: string
  finding: string
  fire: string
  me: string
  track: string
  sign: string
}
/** Each pair of a point and its sign is at least 4.5:1. */
const COLOURS: Record<'light' | 'night', Colours> = {
  light: {
    ...{ ground: '#f4f5f2', ink: '#1b2430', halo: '#ffffff', cell: '#5b6b7c', zone: '#a71b18', track: '#7a2ea0' },
    ...{ site: '#0f5aa8', finding: '#8a4b00', fire: '#b3170f', me: '#0b6bd3', sign: '#ffffff' },
  },
  night: {
    ...{ ground: '#12181e', ink: '#e8edf2', halo: '#12181e', cell: '#8a99a8', zone: '#ff8d86', track: '#d59bf5' },
    ...{ site: '#8cc2ff', finding: '#ffc777', fire: '#ff9c96', me: '#5aa9ff', sign: '#10151b' },
  },
}
const FONT = ['sans-serif']

/** Everything but the data. Texts are drawn with the device's own fonts: no font is fetched. */
export function styleOf(theme: 'light' | 'night', base: Base = NO_BASE): StyleSpecification {
  const colours = COLOURS[theme]
  const sources: Record<string, SourceSpecification> = { ...base.sources }
  for (const name of LAYERS) sources[name] = { type: 'geojson', data: collection([]) as never, ...gathering(name) }
  return {
    version: 8,
    sources,
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colours.ground } },
      ...base.layers,
      ...areas(colours),
      ...changes(colours),
      ...lines(colours),
      ...here(colours),
      ...dots('sites', colours.site, colours),
      ...dots('findings', colours.finding, colours),
      ...dots('fire_points', colours.fire, colours),
      ...pin(colours),
    ],
  }
}

function gathering(name: LayerName): { cluster?: boolean; clusterRadius?: number; clusterMaxZoom?: number } {
  return GATHERED.includes(name) ? { cluster: true, clusterRadius: 36, clusterMaxZoom: 14 } : {}
}

function areas(colours: Colours): LayerSpecification[] {
  const strict: FilterSpecification = ['==', ['get', 'strict'], true]
  return [
    {
      id: 'zones-fill',
      type: 'fill',
      source: 'zones',
      filter: strict,
      paint: { 'fill-color': colours.zone, 'fill-opacity': 0.2 },
    },
    { id: 'cells-line', type: 'line', source: 'cells', paint: { 'line-color': colours.cell, 'line-width': 1.2 } },
    // Over the cells: most zones are whole cells, and their edges the same.
    {
      ...{ id: 'zones-line', type: 'line', source: 'zones' },
      paint: { 'line-color': colours.zone, 'line-width': 2.5, 'line-dasharray': [3, 1.5] },
    },
    ...[false, true].map((fine): LayerSpecification => ({
      ...{ id: fine ? 'cells-fine' : 'cells-name', type: 'symbol', source: 'cell_names' },
      ...(fine ? { minzoom: 10 } : { maxzoom: 11.5 }),
      filter: ['==', ['get', 'fine'], fine],
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': fine ? 13 : 15 },
      paint: { 'text-color': colours.cell, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    })),
    {
      ...{ id: 'zones-name', type: 'symbol', source: 'zones', filter: ['any', strict, ['has', 'label']], minzoom: 8.5 },
      layout: {
        ...{ 'text-field': ['coalesce', ['get', 'label'], ['get', 'name']], 'text-font': FONT, 'text-size': 13 },
        // Below the name of the cell that it may be.
        ...{ 'text-max-width': 8, 'text-anchor': 'top', 'text-offset': [0, 0.8] },
      },
      paint: { 'text-color': colours.zone, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

/** Shapes or points that a file would bring, alter or take away, each with its sign and name. */
function changes(colours: Colours): LayerSpecification[] {
  const area: FilterSpecification = ['!=', ['geometry-type'], 'Point']
  const place: FilterSpecification = ['==', ['geometry-type'], 'Point']
  const colour: ['match', ...unknown[]] = ['match', ['get', 'change']]
  colour.push('removed', colours.zone, 'changed', colours.finding, 'added', colours.site, colours.cell)
  const paint = { 'line-color': colour, 'line-width': 2 } as never
  return [
    {
      ...{ id: 'changes-fill', type: 'fill', source: 'changes', filter: area },
      paint: { 'fill-color': colour, 'fill-opacity': 0.12 } as never,
    },
    { id: 'changes-line', type: 'line', source: 'changes', filter: area, paint },
    {
      ...{ id: 'changes-dot', type: 'circle', source: 'changes', filter: place },
      paint: {
        ...{ 'circle-color': colour, 'circle-radius': 10 },
        ...{ 'circle-stroke-color': colours.halo, 'circle-stroke-width': 2 },
      } as never,
    },
    {
      ...{ id: 'changes-sign', type: 'symbol', source: 'changes', filter: place },
      layout: { 'text-field': ['get', 'sign'], 'text-font': FONT, 'text-size': 13, 'text-allow-overlap': true },
      paint: { 'text-color': colours.sign },
    },
    {
      ...{ id: 'changes-name', type: 'symbol', source: 'changes' },
      layout: {
        'text-field': ['case', place, ['get', 'name'], ['concat', ['get', 'sign'], ' ', ['get', 'name']]] as never,
        ...{ 'text-font': FONT, 'text-size': 13, 'text-optional': true, 'text-max-width': 10 },
        ...{ 'text-anchor': 'top', 'text-offset': [0, 1] },
      },
      paint: { 'text-color': colours.ink, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

function lines(colours: Colours): LayerSpecification[] {
  const layout = { 'line-cap': 'round', 'line-join': 'round' } as const
  return [
    {
      ...{ id: 'track-line', type: 'line', source: 'track', layout },
      paint: { 'line-color': colours.track, 'line-width': 4 },
    },
  ]
}

/** A point with a sign in it, its name beside it when near; many that lie together are one with their number. */
function dots(source: LayerName, colour: string, colours: Colours): LayerSpecification[] {
  const many: ['has', string] = ['has', 'point_count']
  return [
    {
      ...{ id: `${source}-dot`, type: 'circle', source },
      paint: {
        'circle-color': colour,
        'circle-radius': ['case', many, 17, 13],
        'circle-stroke-color': colours.halo,
        'circle-stroke-width': 2,
      },
    },
    {
      ...{ id: `${source}-sign`, type: 'symbol', source },
      layout: {
        'text-field': ['case', many, ['to-string', ['get', 'point_count']], ['get', 'sign']],
        ...{ 'text-font': FONT, 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
      },
      paint: { 'text-color': colours.sign },
    },
    {
      ...{ id: `${source}-name`, type: 'symbol', source, filter: ['!', many], minzoom: 12 },
      layout: {
        ...{ 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 13, 'text-optional': true },
        ...{ 'text-anchor': 'top', 'text-offset': [0, 1.2], 'text-max-width': 10 },
      },
      paint: { 'text-color': colours.ink, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

/** The phone: a dot in a ring that shows about any point that lies over it, and the circle that it is somewhere in. */
function here(colours: Colours): LayerSpecification[] {
  return [
    {
      ...{ id: 'accuracy-fill', type: 'fill', source: 'accuracy' },
      paint: { 'fill-color': colours.me, 'fill-opacity': 0.15, 'fill-outline-color': colours.me },
    },
    {
      ...{ id: 'me-ring', type: 'circle', source: 'me' },
      paint: {
        ...{ 'circle-radius': 20, 'circle-opacity': 0 },
        ...{ 'circle-stroke-color': colours.me, 'circle-stroke-width': 3 },
      },
    },
    dot('me', 8, colours.me, colours),
  ]
}

function pin(colours: Colours): LayerSpecification[] {
  return [dot('pin', 9, colours.fire, colours)]
}

function dot(source: LayerName, radius: number, colour: string, colours: Colours): LayerSpecification {
  return {
    ...{ id: `${source}-dot`, type: 'circle', source },
    paint: {
      ...{ 'circle-color': colour, 'circle-radius': radius },
      ...{ 'circle-stroke-color': colours.halo, 'circle-stroke-width': 3 },
    },
  }
}

const TIANDITU_HOSTS = ['0', '1', '2', '3', '4', '5', '6', '7']

/** 天地图's pictures in web mercator on CGCS2000: the map, and its names over it. */
export function tianditu(key: string): Base {
  const tiles = (layer: string): string[] =>
    TIANDITU_HOSTS.map(
      (n) =>
        `https://t${n}.tianditu.gov.cn/${layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}` +
        `&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${key}`,
    )
  const raster = (layer: string): SourceSpecification => ({
    type: 'raster',
    tiles: tiles(layer),
    tileSize: 256,
    maxzoom: 18,
  })
  return {
    sources: { 'base-map': raster('vec'), 'base-names': raster('cva') },
    layers: [
      { id: 'base-map', type: 'raster', source: 'base-map' },
      { id: 'base-names', type: 'raster', source: 'base-names' },
    ],
  }
}

/** A PMTiles file: its pictures, or its vector layers in plain lines and areas, whatever schema they are of. */
export function pmtiles(
  address: string,
  header: { vector: boolean; layers: string[] },
  theme: 'light' | 'night',
): Base {
  if (!header.vector) {
    return {
      sources: { 'base-map': { type: 'raster', url: address, tileSize: 256 } },
      layers: [{ id: 'base-map', type: 'raster', source: 'base-map' }],
    }
  }
  const [grey, blue] = theme === 'night' ? ['#3a4652', '#1b3a57'] : ['#c2c8c2', '#b7d5ec']
  return {
    sources: { 'base-map': { type: 'vector', url: address } },
    layers: header.layers.flatMap((layer): LayerSpecification[] => {
      const from = { source: 'base-map', 'source-layer': layer }
      const water = /water|ocean|lake|river/.test(layer)
      const fill: LayerSpecification = {
        ...{ id: `base-${layer}-fill`, type: 'fill', ...from, filter: ['==', ['geometry-type'], 'Polygon'] },
        paint: { 'fill-color': water ? blue : grey, 'fill-opacity': water ? 1 : 0.25 },
      }
      const stroke: LayerSpecification = {
        ...{ id: `base-${layer}-line`, type: 'line', ...from, filter: ['==', ['geometry-type'], 'LineString'] },
        paint: { 'line-color': water ? blue : grey, 'line-width': 1 },
      }
      return [fill, stroke]
    }),
  }
}
