/** The base map that an installation has set, ready for a style: 天地图's addresses, or the server's own PMTiles file. */
import { addProtocol } from 'maplibre-gl'
import { FetchSource, PMTiles, Protocol, TileType } from 'pmtiles'
import { NO_BASE, pmtiles, tianditu, type Base, type MapSettings } from './style'

let protocol: Protocol | null = null

/** Raises when the file cannot be read (no network): a map without it is drawn then. */
export async function baseOf(
  settings: MapSettings | null,
  theme: 'light' | 'night',
  headers: Record<string, string>,
): Promise<Base> {
  const base = settings?.base
  if (base?.kind === 'tianditu' && base.key !== null) return tianditu(base.key)
  if (base?.kind !== 'pmtiles' || base.url === null) return NO_BASE
  if (protocol === null) {
    protocol = new Protocol()
    addProtocol('pmtiles', protocol.tile)
  }
  const address = new URL(base.url, location.href).href
  const file = new PMTiles(new FetchSource(address, new Headers(headers)))
  protocol.add(file)
  const { tileType } = await file.getHeader()
  const vector = tileType === TileType.Mvt
  const said = vector ? ((await file.getMetadata()) as { vector_layers?: { id: string }[] }) : {}
  const layers = (said.vector_layers ?? []).map((each) => each.id)
  return pmtiles(`pmtiles://${address}`, { vector, layers }, theme)
}
