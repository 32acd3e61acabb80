/** Kinds and states of tasks, in the order in which they are offered. */
export const KINDS = ['inspection', 're-inspection', 'look-back', 'site-visit', 'patrol', 'other'] as const
export const STATES = ['open', 'taken', 'done', 'cancelled'] as const
