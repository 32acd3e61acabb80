/** The settings that are rules, in the groups in which they are read. */
export interface Rule {
  name: string
  variable: string
  value: unknown
  usual: unknown
}

export interface Group {
  name: 'telling' | 'plates' | 'draws' | 'photos' | 'signIn' | 'keeping'
  rules: Rule[]
}

const GROUPS: [Group['name'], RegExp][] = [
  ['telling', /^(digest|hooks)_/],
  ['plates', /^plate_/],
  ['draws', /^draw_rates\./],
  ['photos', /^photo_rules\./],
  ['signIn', /^sign_in\./],
  ['keeping', /./],
]

/** Each rule in the first group that fits; groups without rules are left out. */
export function groupsOf(rules: readonly Rule[]): Group[] {
  const groupOf = (rule: Rule): string => GROUPS.find(([, fits]) => fits.test(rule.name))![0]
  return GROUPS.map(([name]) => ({ name, rules: rules.filter((rule) => groupOf(rule) === name) })).filter(
    (group) => group.rules.length > 0,
  )
}
