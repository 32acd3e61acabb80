/** A free finding that is being written. */
import type { PhotoOf, Position } from '../../sync'
import type { Doing } from '../inspection/best-fix'
import type { Severity } from './rows'

export const KEY = 'finding|'

export interface FindingDraft {
  id: string
  topic: string
  severity: Severity
  /** `checklist@version item`, where an item of a checklist is named. */
  item: string | null
  description: string
  found_at: string
  site: string | null
  position: Position | null
  photos: PhotoOf[]
}

/** Why it cannot be submitted yet; null when it can. */
export type Open = 'topic' | 'description' | 'photos'

export function openOf(draft: FindingDraft): Open[] {
  const open: Open[] = []
  if (draft.topic === '') open.push('topic')
  if (draft.description.trim() === '') open.push('description')
  if (draft.photos.length === 0) open.push('photos')
  return open
}

/** Nothing was said yet: leaving it leaves no draft behind. */
export function isEmpty(draft: FindingDraft): boolean {
  return draft.topic === '' && draft.description.trim() === '' && draft.photos.length === 0
}

/** What tells where a finding is: its last photo by the camera. It need not lie where its site is registered. */
export function doingOf({ photos }: Pick<FindingDraft, 'photos'>): Doing {
  const taken = photos.filter(({ source }) => source === 'camera').map(({ capturedAt }) => capturedAt)
  return { lastDone: taken.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null, registered: null }
}
