/** Accounts as the API has them, and the change that a form makes of one. */
import type { Role } from '../../session'

export interface Person {
  id: string
  name: string
  display_name: string
  phone: string | null
  role: Role
  grants: string[]
  office: string | null
  active: boolean
  rev: number
}

export interface PersonDetail extends Person {
  has_password: boolean
  must_change_password: boolean
  second_factor: boolean
  locked_until: string | null
  erased_at: string | null
}

/** What erasing a person's data takes, what must stay and why, and where counties' statements name the person. */
export interface ErasurePlan {
  erased: string[]
  kept: { what: string; rows: number; why: 'step' | 'record' | 'duty' | 'sent' }[]
  refused: string[]
  statements: { finding: string; number: string; field: 'leader' | 'contact' | 'phone'; text: string }[]
}

export const ERASURE_REASONS = ['left', 'asked'] as const

export interface Office {
  id: string
  code: string
  name: string
  active: boolean
}

export interface Certificate {
  id: string
  number: string
  issuer: string
  user: string
  display_name: string
  valid_from: string
  valid_to: string
  withdrawn_on: string | null
  valid: boolean
  days_left: number
  rev: number
}

export const ROLES: readonly Role[] = ['inspector', 'supervisor', 'handler', 'admin']

/** What a form holds of a person. */
export type PersonForm = Pick<Person, 'name' | 'display_name' | 'phone' | 'role' | 'grants' | 'office'>

export function formOf(person: Person | null): PersonForm {
  return person === null
    ? { name: '', display_name: '', phone: null, role: 'inspector', grants: [], office: null }
    : {
        name: person.name,
        display_name: person.display_name,
        phone: person.phone,
        role: person.role,
        grants: [...person.grants],
        office: person.office,
      }
}

/** Only what differs, with the revision that was read: what somebody else changed meanwhile is not written over. */
export function changeOf(person: Person, form: PersonForm): Record<string, unknown> {
  const change: Record<string, unknown> = { rev: person.rev }
  for (const field of ['display_name', 'phone', 'role', 'grants', 'office'] as const) {
    const value = tidied(form)[field]
    if (JSON.stringify(value) !== JSON.stringify(person[field])) change[field] = value
  }
  return change
}

/** A form as it is sent: without blanks around, an empty phone as none. */
export function tidied(form: PersonForm): PersonForm {
  const phone = form.phone?.trim() || null
  return { ...form, name: form.name.trim(), display_name: form.display_name.trim(), phone, office: form.office || null }
}

/** How a certificate stands: what to show of it, most urgent first. */
export function standingOf(certificate: Certificate): 'withdrawn' | 'over' | 'ending' | 'valid' | 'later' {
  if (certificate.withdrawn_on !== null && !certificate.valid) return 'withdrawn'
  if (certificate.days_left < 0) return 'over'
  if (!certificate.valid) return 'later'
  return certificate.days_left <= 30 ? 'ending' : 'valid'
}
