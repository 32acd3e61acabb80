/** What went wrong, in a sentence that a person can act on. */
import { useI18n } from 'vue-i18n'
import { NoAnswer, Problem } from '@shared/problem'

export interface Wording {
  t: (key: string, values?: Record<string, unknown>) => string
  problem: (code: string) => string | null
}

/** The sentence for an error: the catalogue's by its code, else the server's own; with the minutes of a lock. */
export function sentenceOf(error: unknown, words: Wording): string {
  if (error instanceof NoAnswer) return words.t('frame.noAnswer')
  if (!(error instanceof Problem)) return words.t('frame.unexpected')
  const seconds = error.said.retry_after_s
  if (error.code === 'account-locked' && typeof seconds === 'number') {
    return words.t('frame.locked', { minutes: Math.ceil(seconds / 60) })
  }
  return words.problem(error.code) ?? error.message
}

const LEFT_OUT = /^(Missing data|Field may not be (null|blank)|Shorter than minimum length 1)/
let words: (Wording & { english: () => boolean }) | null = null

/** The words for the fields of forms, given once at the start; without them fields are told in the server's English. */
export function speakBy(spoken: NonNullable<typeof words>): void {
  words = spoken
}

/** What is wrong with a field: the server says it in English. */
function ofField(told: string): string {
  if (words === null || words.english()) return told
  return words.t(LEFT_OUT.test(told) ? 'frame.required' : 'frame.wrong')
}

/** The field of a form that a problem names, by its name in the API: `errors.json.<field>` or `field`. */
export function fieldsOf(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {}
  const json = (error.said.errors as { json?: Record<string, unknown> } | undefined)?.json ?? {}
  const named = Object.fromEntries(
    Object.entries(json).map(([field, said]) => [field, ofField([said].flat(3).join(' '))]),
  )
  if (typeof error.said.field === 'string') named[error.said.field] ??= words?.problem(error.code) ?? error.message
  return named
}

/** `sentenceOf` in the language that is spoken. */
export function useSaid(): (error: unknown) => string {
  const { t, te } = useI18n()
  const problem = (code: string): string | null => (te(`code.problem.${code}`) ? t(`code.problem.${code}`) : null)
  return (error) => sentenceOf(error, { t: (key, values) => t(key, values ?? {}), problem })
}
