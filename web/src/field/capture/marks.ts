/** The lines that are shown over a picture: when, where, in which cell, by whom. A preview; originals are never altered.
 *
 * The server draws the same lines onto copies when somebody asks for one.
 */
import type { Position } from '../sync'

export interface Marked {
  at: Date
  position: Position | null
  /** The cell's name, when the phone knows it. */
  cell: string | null
  inspector: string | null
}

export type Say = (key: string, values?: Record<string, unknown>) => string

export function marks(what: Marked, say: Say): string[] {
  const { at, position, cell, inspector } = what
  return [
    `${beijing(at)} ${say('capture.mark.beijing')}`,
    position === null ? say('capture.mark.no-place') : place(position, say),
    ...(cell === null ? [] : [cell]),
    ...(inspector === null ? [] : [inspector]),
  ]
}

/** `109.41170, 24.31460 (WGS84) ±8 m` */
export function place(position: Position, say: Say): string {
  const degrees = `${position.lon.toFixed(5)}, ${position.lat.toFixed(5)} (${position.datum})`
  if (position.provider === 'manual') return `${degrees} ${say('capture.mark.manual')}`
  return position.accuracy_m === null ? degrees : `${degrees} ±${Math.round(position.accuracy_m)} m`
}

/** The wall clock in China, whatever the phone is set to. */
export function beijing(at: Date): string {
  return new Date(at.getTime() + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')
}
