/** What somebody has begun to say of a finding; it stays, with its photos, until it is said. */
import { begunOf } from '../../parts/begun'

export interface Remark {
  text: string
  photos: string[]
}

interface Begun extends Remark {
  /** What was sent last under `once`: the same again, after a lost answer, is to be said once. */
  sent: string
  once: string
}

const blank = (): Begun => ({ text: '', photos: [], sent: '', once: '' })
const begun = begunOf('remark', blank)

export const remarkOf = (finding: string): Remark => begun(finding)

/** What is sent for it; under the same key until something else is to be said. */
export function bodyOf(finding: string, newKey: () => string = () => crypto.randomUUID()) {
  const remark = begun(finding)
  const text = remark.text.trim()
  const sent = JSON.stringify([text, remark.photos])
  if (sent !== remark.sent) Object.assign(remark, { sent, once: newKey() })
  return { text, photos: remark.photos, once: remark.once }
}

/** It was said. */
export function said(finding: string): void {
  Object.assign(begun(finding), blank())
}
