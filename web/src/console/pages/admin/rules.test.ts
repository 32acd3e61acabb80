import { expect, test } from 'vitest'
import { groupsOf } from './rules'

test('each rule stands in one group, and none is lost', () => {
  const rules = ['digest_hour', 'sign_in.tries', 'audit_days'].map((name) => ({
    name,
    variable: '',
    value: 1,
    usual: 1,
  }))
  expect(groupsOf(rules).map((group) => [group.name, group.rules.map((rule) => rule.name)])).toEqual([
    ['telling', ['digest_hour']],
    ['signIn', ['sign_in.tries']],
    ['keeping', ['audit_days']],
  ])
})
