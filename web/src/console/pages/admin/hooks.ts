/** Web hooks as the API has them, and what they may be told of. */
export interface Hook {
  id: string
  name: string
  form: 'standard' | 'wecom' | 'dingtalk'
  url: string
  kinds: string[]
  cells: string[]
  language: string
  state: 'active' | 'paused' | 'off'
  failing_since: string | null
  rev: number
}

export interface Delivery {
  id: string
  kind: string
  state: 'waiting' | 'delivered' | 'failed'
  attempts: number
  next_at: string | null
  last_at: string | null
  last_status: number | null
  last_answer: string | null
  created_at: string
}

export const FORMS = ['standard', 'wecom', 'dingtalk'] as const

/** What outsiders may be told of, in the order of the catalogue. */
export const HOOKABLE = [
  'hop-given',
  'return-asked',
  'return-granted',
  'return-refused',
  'extension-asked',
  'extension-granted',
  'extension-refused',
  'overdue-proposed',
  'overdue-issued',
  'op-held',
  'conflict-recorded',
  'place-doubtful',
  'fire-given',
  'task-given',
  'digest',
] as const
