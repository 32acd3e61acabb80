/** What somebody scanned, pasted or typed: an invitation, a site's label, or neither. */

export type Scanned =
  | { kind: 'invitation'; code: string; origin: string | null }
  | { kind: 'site'; label: string; origin: string | null }
  | { kind: 'unknown' }

/** Twenty letters and digits in groups of five, as the server makes them. */
const CODE = /^[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}$/
const LABEL = /^[A-Z0-9]{4,16}$/i

/** Reads a link of ours (`…/app/#/enrol/CODE`, `…/app/#/site/LABEL`), wherever in the text it stands. */
export function scanned(text: string): Scanned {
  const link = /https?:\/\/[^\s]+/i.exec(text.normalize('NFKC'))?.[0]
  if (link === undefined || !URL.canParse(link)) return { kind: 'unknown' }
  const url = new URL(link)
  const said = fragment(url.hash)
  return said === null ? { kind: 'unknown' } : { ...said, origin: url.origin }
}

/** The same for the fragment of the address that the app was opened at. */
export function fragment(hash: string): Exclude<Scanned, { kind: 'unknown' }> | null {
  const [, what, word] = /^#\/(enrol|site)\/([^/?#]+)/.exec(hash) ?? []
  if (what === undefined || word === undefined) return null
  const plain = decoded(word)
  if (what === 'site') return LABEL.test(plain) ? { kind: 'site', label: plain.toUpperCase(), origin: null } : null
  const code = grouped(plain)
  return code === null ? null : { kind: 'invitation', code, origin: null }
}

/** An invitation as typed or pasted: the code by itself, with or without its dashes, full-width or in small letters, or the whole link. */
export function invitationOf(text: string): Scanned {
  const found = scanned(text)
  if (found.kind !== 'unknown') return found
  const code = grouped(text)
  return code === null ? { kind: 'unknown' } : { kind: 'invitation', code, origin: null }
}

function grouped(text: string): string | null {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s\p{Pd}−]+/gu, '')
    .toUpperCase()
  const code = plain.match(/.{1,5}/g)?.join('-') ?? ''
  return CODE.test(code) ? code : null
}

/** A site's label as scanned or typed. */
export function labelOf(text: string): Scanned {
  const found = scanned(text)
  if (found.kind !== 'unknown') return found
  const label = text.normalize('NFKC').replace(/[\s-]+/g, '')
  return LABEL.test(label) ? { kind: 'site', label: label.toUpperCase(), origin: null } : { kind: 'unknown' }
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    return ''
  }
}
