/** How the server runs, as the API tells an admin. */
export interface Running {
  jobs: {
    waiting: number
    running: number
    failed: number
    oldest_waiting_s: number | null
    failures: { kind: string; asked_at: string; attempts: number; error: string | null }[]
  }
  disk: { total: number; free: number }
}

export interface Backups {
  items: { name: string; made_at: string; photos: number; bytes: number; lost: number }[]
  age_s: number | null
  backed_up_by: 'bluegrid' | 'external'
}

const OLD_S = 26 * 3600

/** A backup is made each day; two hours more are granted. None at all is old. */
export const backupIsOld = (age: number | null): boolean => age === null || age > OLD_S

/** Bytes in the unit that leaves at most four digits before the point: 850.0 MB, 12.3 GB. */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
