/** What a list offers: each value with what it is called. */
import { useI18n } from 'vue-i18n'

export type Choice = readonly [value: string, called: string]

/** The codes of a group of the catalogue, in its order, as they are called; all of them unless some are named. */
export function useCodes(): (group: string, some?: readonly string[]) => Choice[] {
  const { t, tm } = useI18n()
  return (group, some) =>
    (some ?? Object.keys(tm(`code.${group}`) as object)).map((code) => [code, t(`code.${group}.${code}`)])
}

/** What is known by its id. */
export const byId = (all: readonly { id: string; name: string }[]): Choice[] => all.map(({ id, name }) => [id, name])

/** What is known by its code. */
export const byCode = (all: readonly { code: string; name: string }[]): Choice[] =>
  all.map(({ code, name }) => [code, name])

/** The states that a finding of the server may have, in the order of its course. */
export const FINDING_STATES = [
  ...['submitted', 'verified', 'registered', 'dispatched', 'rectifying', 'feedback', 'recheck', 'returned'],
  ...['reopened', 'closed', 'look_back', 'rejected', 'penalty_transfer'],
]
