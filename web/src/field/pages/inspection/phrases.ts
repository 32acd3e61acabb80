/** Ready phrases in a text: sentences between 。 or ；, put in and taken out whole; what was typed stays. */

const ENDS = /[。；;\n]+/u

function parts(text: string): string[] {
  return text
    .split(ENDS)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

export function isIn(text: string, phrase: string): boolean {
  return text === phrase || parts(text).includes(phrase) || (ENDS.test(phrase) && text.includes(phrase))
}

/** The text with the phrase, or without it when it was in. */
export function toggled(text: string, phrase: string): string {
  if (!isIn(text, phrase)) return text.trim() === '' ? phrase : `${text.trim().replace(/[。；;]+$/u, '')}；${phrase}`
  if (ENDS.test(phrase)) return text.replace(phrase, '').trim()
  return parts(text)
    .filter((part) => part !== phrase)
    .join('；')
}
