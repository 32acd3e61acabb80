/** Where the ground of some cells lies, for a map to begin there. */
import { boundsOf, type Bounds, type Feature } from '@shared/map/features'
import { api as theApi, type Api } from '../api'

const MOST = 4
const COUNTY = 6

/** The least box about the townships of cells, by their administrative codes; null where that is not known or too much. */
export async function groundOf(codes: readonly string[], api: Pick<Api, 'get'> = theApi): Promise<Bounds | null> {
  if (codes.length === 0 || codes.length > MOST || !codes.every((code) => /^\d{6,}$/.test(code))) return null
  const read = await Promise.all(
    codes.map(async (code) => {
      const query = { format: 'geojson', level: 'township', below: code.slice(0, COUNTY) }
      const { features } = await api.get<{ features: Feature[] }>('/cells', { query })
      const within = features.filter(
        (each) => code.length <= COUNTY || String(each.properties.code).startsWith(code.slice(0, 9)),
      )
      return { type: 'FeatureCollection' as const, features: within }
    }),
  )
  return boundsOf(read)
}
