/** The side menu: each `pages/<area>/menu.ts` lists its own entries; nobody edits a common list. */
import type { Component } from 'vue'
import type { Role } from './session'

/** The groups from top to bottom: the day's work, what the office makes of it, and keeping the house. */
export const GROUPS = ['work', 'office', 'manage'] as const

export interface MenuEntry {
  /** The name of a route. */
  name: string
  /** A key of the words: two to four characters in Chinese. */
  label: string
  icon: Component
  group: (typeof GROUPS)[number]
  /** Within its group. work: today 10, findings 20, map 30, fire points 40, inbox 50 (of handlers 5); office: periods 10, exports 20,
   * statistics 30; manage: people 10, devices 20, cells and zones 30, sites 40, checklists 50, rules 60, hooks 70,
   * audit 90. */
  order: number
  /** All roles when left out. */
  roles?: readonly Role[]
}

/** The entries that a role sees, by group, in order. Groups without entries are left out. */
export function menuOf(entries: readonly MenuEntry[], role: Role): MenuEntry[][] {
  const seen = entries.filter((entry) => entry.roles?.includes(role) ?? true)
  return GROUPS.map((group) => seen.filter((entry) => entry.group === group).sort((a, b) => a.order - b.order)).filter(
    (group) => group.length > 0,
  )
}
