import { expect, test } from 'vitest'
import { fieldsFor, kindsOf, KINDS } from './imports'

test('cells and zones are for admins alone', () => {
  expect(kindsOf('supervisor').map((kind) => kind.name)).toEqual(['sites', 'fires'])
  expect(kindsOf('admin')).toHaveLength(4)
})

test('only what a kind of file knows is sent with it, and nothing empty', () => {
  const said = { datum: 'GCJ02', form: 'firms', hierarchy: '', code_field: 'code' }
  const of = (name: string) =>
    fieldsFor(
      KINDS.find((kind) => kind.name === name)!,
      said,
    )
  expect(of('sites')).toEqual({ datum: 'GCJ02' })
  expect(of('zones')).toEqual({})
  expect(of('cells')).toEqual({ datum: 'GCJ02', code_field: 'code' })
})
