/** One's own submissions, each with its truth. */
import { storiesOf, type Story } from '../../frame/attention'
import type { Device, Standing, Submission } from '../../sync'

export interface Listed {
  submission: Submission
  standing: Standing
  stories: Story[]
}

/** The newest `most` of them, and how many there are in all. */
export async function newest(device: Device, most: number): Promise<{ listed: Listed[]; all: number }> {
  const { db } = device
  const submissions = await db.submissions.orderBy('at').reverse().limit(most).toArray()
  return {
    listed: await Promise.all(submissions.map((each) => withTruth(device, each))),
    all: await db.submissions.count(),
  }
}

export async function withTruth(device: Device, submission: Submission): Promise<Listed> {
  return {
    submission,
    standing: await device.standing(submission),
    stories: await storiesOf(device.db, submission),
  }
}

/** Where the page of what a submission is about lies; null for what has none. */
export function pageOf({ type, id }: Submission['subject']): string | null {
  const places: Record<string, string> = {
    inspection: `/inspection/${id}`,
    finding: `/finding/${id}`,
    task: `/tasks/${id}`,
    site: `/sites/${id}`,
    fire_point: `/fire/${id}`,
  }
  return places[type] ?? null
}
