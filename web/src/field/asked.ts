/** Requests of pages with this device's token, for what is no part of the sync: cells, map settings, tracks. No Vue. */
import type { Device } from './sync'
import { FetchTransport, type Answer, type Transport } from './sync/transport'

/** One request; throws NoAnswer when no whole answer came. An expired token is the sync's to renew: the answer says 401. */
export async function asked(
  device: Pick<Device, 'db'>,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body: BodyInit | null = null,
  transport: Transport = new FetchTransport(),
): Promise<Answer> {
  return transport.send(method, path, { ...headers, ...(await authorisation(device)) }, body)
}

/** The header by which the server knows this device. */
export async function authorisation(device: Pick<Device, 'db'>): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${(await device.db.known('token')) ?? ''}` }
}
