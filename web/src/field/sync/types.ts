/** What the app hands to the device and gets from it. Knows no storage, no network and no Vue. */

export type Json = Record<string, unknown>

export interface Person {
  id: string
  name: string
  roles?: string[]
}

/** Original bytes that are kept on this device. */
export interface Captured {
  sha256: string
  size: number
  mediaType: string
  filename: string
}

/** A position as the phone gave it; `at` is RFC 3339 with an offset. */
export interface Position {
  lon: number
  lat: number
  datum: 'WGS84' | 'GCJ02' | 'BD09' | 'CGCS2000'
  accuracy_m: number | null
  altitude_m: number | null
  provider: string | null
  mock: boolean | null
  at: string
}

/** A photo's record: what became `photo.add`. */
export interface PhotoOf extends Captured {
  id: string
  capturedAt: string
  position: Position | null
  source: 'camera' | 'gallery'
  subject: { type: string; id: string }
  role: 'before' | 'after' | 'scene' | 'document' | 'signature'
}

/** One command of the contract. `baseRev` is the last `rev` of the row that the person saw; left out, the mirror's. */
export interface Act {
  cmd: string
  row: string
  args: Json
  baseRev?: number | null
}

/** What the person did, as she sees it in "my submissions"; it stays after its ops were pruned. */
export interface Submission {
  id: string
  kind: 'inspection' | 'finding' | 'comment' | 'transition' | 'patrol' | 'fire_point' | 'site' | 'other'
  title: string
  subject: { type: string; id: string }
  at: string
  /** Ids of its ops as they were first recorded; an op keeps it as `first` when it is re-issued. */
  ops: string[]
  /** SHA-256 of its photos' bytes. */
  media: string[]
}

export interface Counts {
  ops: number
  opsReceived: number
  media: number
  mediaStored: number
  /** Bytes of photos that the server does not have yet. */
  bytesLeft: number
}

/** The truth about a submission. `reason` is a plain code: a problem's code, or a status of an op. */
export interface Standing extends Counts {
  state: 'on-device' | 'received' | 'complete' | 'needs-you'
  reason: string | null
}

/** Why a sync stopped: a problem's code of the server, or `no-answer`, or one of the device's own codes. */
export interface Trouble {
  code: string
  status?: number
  detail?: string
  retryAfterS?: number
}

export interface SyncReport {
  /** What set it off. */
  why: string
  acknowledged: number
  pulled: number
  uploaded: number
  resynced: string[]
  /** Ids of ops whose receipt does not hold or cannot be checked: for a person to look at, never refused. */
  doubtful: string[]
  /** Photos that wait for a better network by the person's own choice. */
  waitingForWifi: number
  /** Reference files that rows name and that could not be had. */
  packsLacking: number
  trouble: Trouble | null
}

/** A row of the mirror, as the server publishes it. */
export type Row = Json & { id: string }
