import { expect, test } from 'vitest'
import { bodyOf, formOf, inForce, lacking, type Kind, type Paper, type Template } from './papers'

const PAPER = {
  kind: 'assignment',
  findings: ['a', 'b'],
  said: { addressee: '柳江区人民政府', due: '2026-12-01T15:59:59+00:00', attachments: ['照片', '清单'] },
} as Paper

test('a paper read into a form and out again says the same', () => {
  expect(bodyOf(formOf(PAPER))).toEqual({
    addressee: '柳江区人民政府',
    findings: ['a', 'b'],
    due: '2026-12-01T23:59:59+08:00',
    attachments: ['照片', '清单'],
  })
})

test('what is left empty is not said', () => {
  const form = { ...formOf(null, 'assignment', ['a']), addressee: ' 住建局 ', basis: '  ', attachments: '\n 图 \n' }
  expect(bodyOf(form)).toEqual({ addressee: '住建局', findings: ['a'], attachments: ['图'] })
})

test('what the kind needs is told before it is issued', () => {
  const kind = { needs: ['due', 'basis'] } as Kind
  expect(lacking(formOf(null, 'order'), kind)).toEqual(['addressee', 'due', 'basis', 'findings'])
  expect(lacking({ ...formOf(PAPER), basis: '第69条' }, kind)).toEqual([])
})

test('of an office’s templates the newest version of a kind is used', () => {
  const one = (kind: string, version: number) => ({ kind, version }) as Template
  const found = inForce([one('assignment', 1), one('assignment', 3), one('assignment', 2), one('letter', 1)])
  expect(found.get('assignment')!.version).toBe(3)
  expect(found.size).toBe(2)
})
