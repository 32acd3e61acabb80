/** What somebody has begun to write for a finding's step; it stays as long as the console is open. */
import { reactive } from 'vue'
import { emptyDraft, type Draft } from './steps'

const drafts = reactive(new Map<string, Draft>())

export function draftOf(finding: string): Draft {
  if (!drafts.has(finding)) drafts.set(finding, emptyDraft())
  return drafts.get(finding)!
}
