/** What somebody has begun to say of a finding; it stays, with its photos, as long as the console is open. */
import { reactive } from 'vue'

export interface Remark {
  text: string
  photos: string[]
}

interface Begun extends Remark {
  /** What was sent last under `once`: the same again, after a lost answer, is to be said once. */
  sent: string
  once: string
}

const begun = reactive(new Map<string, Begun>())
const blank = (): Begun => ({ text: '', photos: [], sent: '', once: '' })

export function remarkOf(finding: string): Remark {
  if (!begun.has(finding)) begun.set(finding, blank())
  return begun.get(finding)!
}

/** What is sent for it; under the same key until something else is to be said. */
export function bodyOf(finding: string, newKey: () => string = () => crypto.randomUUID()) {
  const remark = begun.get(finding) ?? blank()
  const text = remark.text.trim()
  const sent = JSON.stringify([text, remark.photos])
  if (sent !== remark.sent) Object.assign(remark, { sent, once: newKey() })
  return { text, photos: remark.photos, once: remark.once }
}

/** It was said. */
export function said(finding: string): void {
  Object.assign(begun.get(finding) ?? {}, blank())
}
