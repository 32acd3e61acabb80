/** What a patrol may be for: the campaigns that run, and the person's own duty now. No Vue. */
import type { Campaign, RosterEntry } from '../../rows'

export interface Choice {
  id: string
  name: string
  /** The cells of the person's duty; empty where she has none now. */
  cells: string[]
  onDuty: boolean
  asksForTracks: boolean
}

/** Campaigns that run, those of one's own duty first. */
export function choices(campaigns: Campaign[], roster: RosterEntry[], me: string | null, now: Date): Choice[] {
  const mine = roster.filter((entry) => entry.user === me && !entry.cancelled && isWithin(entry, now.getTime()))
  return campaigns
    .filter((campaign) => campaign.state === 'running')
    .map((campaign) => {
      const cells = mine.filter((entry) => entry.campaign === campaign.id).map((entry) => entry.cell)
      const { id, name, asks_for_tracks: asksForTracks } = campaign
      return { id, name, cells: [...new Set(cells)], onDuty: cells.length > 0, asksForTracks }
    })
    .sort((a, b) => Number(b.onDuty) - Number(a.onDuty) || a.name.localeCompare(b.name, 'zh'))
}

const isWithin = (entry: RosterEntry, at: number): boolean =>
  Date.parse(entry.starts_at) <= at && at <= Date.parse(entry.ends_at)
