/** Sites by name, distance and kind; and the ways to one. */
import type { Point, Site } from '../../rows'

const EARTH_M = 6_371_008.8

/** Metres on a sphere between two points in degrees; WGS-84 and CGCS2000 differ by less than a phone can tell. */
export function metresBetween(a: Point, b: Point): number {
  const rad = Math.PI / 180
  const [dLat, dLon] = [(b.lat - a.lat) * rad, (b.lon - a.lon) * rad]
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)))
}

export interface Asked {
  text: string
  kind: string | null
  near: Point | null
}

export interface Found {
  site: Site
  metres: number | null
}

/** Sites that fit, the nearest first where a position is known, else by name. Closed ones are left out. */
export function found(sites: Site[], asked: Asked): Found[] {
  const words = asked.text.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean)
  return sites
    .filter((site) => site.status !== 'closed' && (asked.kind === null || site.kind === asked.kind))
    .filter((site) => words.every((word) => textOf(site).includes(word)))
    .map((site) => ({ site, metres: asked.near && site.location ? metresBetween(asked.near, site.location) : null }))
    .sort(nearestFirst)
}

function textOf(site: Site): string {
  return [site.name, site.code, site.address, site.responsible_unit].join(' ').normalize('NFKC').toLowerCase()
}

function nearestFirst(a: Found, b: Found): number {
  const distance = (a.metres ?? Infinity) - (b.metres ?? Infinity)
  return distance || a.site.name.localeCompare(b.site.name, 'zh') || a.site.id.localeCompare(b.site.id)
}

export function kindsOf(sites: Site[]): string[] {
  return [...new Set(sites.map((site) => site.kind))].sort()
}

/** Links to a map app. AMap is told that these are no coordinates of its own (GCJ-02), and converts them itself;
 * `geo:` says WGS-84 by its standard, but some Chinese map apps read it as GCJ-02 and end half a kilometre off. */
export function waysTo(name: string, at: Point): { amap: string; geo: string } {
  const [lon, lat] = [at.lon.toFixed(6), at.lat.toFixed(6)]
  const to = encodeURIComponent(`${lon},${lat},${name.replaceAll(',', ' ')}`)
  const geo = `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(name)})`
  return { amap: `https://uri.amap.com/navigation?to=${to}&mode=car&coordinate=wgs84&src=bluegrid`, geo }
}

/** The numbers to dial in what an office typed into the field for the phone. */
export function dialled(phone: string | null): string[] {
  const parts = (phone ?? '').normalize('NFKC').split(/[,;、/\n]|\s{2,}|[\u4e00-\u9fff]+/)
  return parts.map((part) => part.replace(/[^\d+]/g, '')).filter((digits) => digits.length >= 5)
}
