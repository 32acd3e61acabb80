/** What problems are called, by their code: the server's own table in one language, as words under `code.problem`. */
import problems from '@catalogue/problems.yaml'
import type { Words } from './words'

export function problemWords(language: 'zh' | 'en'): Words {
  return Object.fromEntries(Object.entries(problems).map(([code, said]) => [code, said[language] ?? '']))
}
