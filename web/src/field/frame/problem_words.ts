/** A sentence for each problem code, in the person's language, from the server's own catalogue. */
import type { Problem } from '@shared/problem'

type Catalogue = Record<string, { zh: string; en: string }>

/** The sentence for a code; null when this app does not know it. Loaded when first needed, and kept for offline use. */
export async function problemWord(code: string, language: string): Promise<string | null> {
  const catalogue = (await import('@catalogue/problems.yaml')).default as unknown as Catalogue
  const words = catalogue[code]
  if (words === undefined) return null
  return language === 'en' ? words.en : words.zh
}

/** What to say of a problem: our words for its code, else the server's own sentence. */
export async function saidOf(problem: Problem, language: string): Promise<string> {
  return (await problemWord(problem.code, language)) ?? problem.message
}
