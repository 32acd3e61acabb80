/** Papers as the API has them; what is typed into a form, and what it becomes. */
import { dayOf } from '../../times'

export interface Kind {
  kind: string
  name: Record<string, string>
  body: string
  body_name: Record<string, string>
  word: string | null
  offered: boolean
  reason: Record<string, string> | null
  needs: string[]
}

export interface Right {
  kind: string
  word: string
  first_n?: number | null
}

export interface Said {
  addressee: string
  copies?: string
  basis?: string
  requirement?: string
  due?: string
  remark?: string
  contact?: string
  phone?: string
  attachments?: string[]
}

export interface Paper {
  id: string
  kind: string
  office: string
  state: 'draft' | 'issued' | 'revoked'
  rev: number
  said: Said
  findings: string[]
  created_at: string
  issued: {
    number: string
    signer: string
    template: string | null
    template_sha256: string
    sha256: string
    at: string
  } | null
  revoked: { reason: string; at: string } | null
}

export interface Template {
  id: string
  office: string
  kind: string
  version: number
  name: string
  sha256: string
  fields: string[]
  at: string
}

export interface Form {
  kind: string
  findings: string[]
  addressee: string
  copies: string
  basis: string
  requirement: string
  due: string | null
  remark: string
  contact: string
  phone: string
  /** One a line. */
  attachments: string
}

const TEXTS = ['copies', 'basis', 'requirement', 'remark', 'contact', 'phone'] as const

/** The form of a paper, or an empty one about findings. */
export function formOf(paper: Paper | null, kind = '', findings: readonly string[] = []): Form {
  const said: Partial<Said> = paper?.said ?? {}
  const texts = Object.fromEntries(TEXTS.map((name) => [name, said[name] ?? ''])) as Record<
    (typeof TEXTS)[number],
    string
  >
  return {
    ...texts,
    kind: paper?.kind ?? kind,
    findings: [...(paper?.findings ?? findings)],
    addressee: said.addressee ?? '',
    due: said.due ? dayOf(said.due) : null,
    attachments: (said.attachments ?? []).join('\n'),
  }
}

/** What a form says, as the API takes it: without what was left empty; a term is the end of its day in China. */
export function bodyOf(form: Form): Said & { findings: string[] } {
  const texts = TEXTS.map((name) => [name, form[name].trim()] as const).filter(([, text]) => text !== '')
  const attachments = form.attachments.split('\n').map((line) => line.trim()).filter(Boolean) // prettier-ignore
  return {
    ...Object.fromEntries(texts),
    addressee: form.addressee.trim(),
    findings: form.findings,
    ...(form.due ? { due: `${form.due}T23:59:59+08:00` } : {}),
    ...(attachments.length ? { attachments } : {}),
  }
}

/** What a kind needs before it can be issued and the form does not have yet. */
export function lacking(form: Form, kind: Kind | undefined): string[] {
  const said = bodyOf(form) as unknown as Record<string, unknown>
  const needs = ['addressee', ...(kind?.needs ?? [])]
  const missing = needs.filter((name) => !said[name])
  return form.findings.length === 0 ? [...missing, 'findings'] : missing
}

/** The template in force of each kind of an office: the newest version. */
export function inForce(templates: readonly Template[]): Map<string, Template> {
  const found = new Map<string, Template>()
  for (const each of templates) {
    if (each.version > (found.get(each.kind)?.version ?? 0)) found.set(each.kind, each)
  }
  return found
}
