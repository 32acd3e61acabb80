/** Devices as the API has them, and how they stand. */
export interface Device {
  id: string
  user: string
  display_name: string
  name: string
  platform: string
  app: string
  enrolled_at: string
  last_seen_at: string | null
  revoked_at: string | null
  streams: { id: string; last_n: number }[]
  last_op_at: string | null
  last_op_delay_s: number | null
}

/** A phone that nobody has seen for so long may be lost, or hold work that has not come. */
export const SILENT_MS = 7 * 86_400_000

export type Standing = 'revoked' | 'silent' | 'in-use'

export function standingOf(device: Device, now: Date): Standing {
  if (device.revoked_at !== null) return 'revoked'
  const seen = new Date(device.last_seen_at ?? device.enrolled_at)
  return now.getTime() - seen.getTime() > SILENT_MS ? 'silent' : 'in-use'
}

/** The devices of a standing whose person, name, platform or version holds a text; all for empty ones. */
export function found(devices: readonly Device[], text: string, standing: string, now: Date): Device[] {
  const wanted = text.trim().toLowerCase()
  return devices.filter(
    (device) =>
      (standing === '' || standingOf(device, now) === standing) &&
      [device.user, device.display_name, device.name, device.platform, device.app].some((each) =>
        each.toLowerCase().includes(wanted),
      ),
  )
}

/** The newest version of the app that any device in use has, by its numbers: 1.10.0 comes after 1.9.2. */
export function newestApp(devices: readonly Device[]): string {
  const inUse = devices.filter((device) => device.revoked_at === null).map((device) => device.app)
  return inUse.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).pop() ?? ''
}

/** A delay in its largest unit: ['hour', 7]. Below a minute it is none. */
export function delayOf(seconds: number | null): ['minute' | 'hour' | 'day', number] | null {
  if (seconds === null || seconds < 60) return null
  if (seconds < 3600) return ['minute', Math.floor(seconds / 60)]
  return seconds < 86_400 ? ['hour', Math.floor(seconds / 3600)] : ['day', Math.floor(seconds / 86_400)]
}
