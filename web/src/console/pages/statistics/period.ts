/** Spans of days by their names: this month, last quarter … Days are texts, YYYY-MM-DD, by the clock of China. */
import { dayBefore } from '../../parts/days'
import { dayOf } from '../../times'

export interface Span {
  from: string
  to: string
}

export const PERIODS = ['month', 'last-month', 'quarter', 'last-quarter', 'year', 'last-year'] as const
export type Period = (typeof PERIODS)[number]

/** From the first day of a period to its last; what runs still ends with today. */
export function spanOf(period: Period, today: string): Span {
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))]
  const quarter = Math.floor((month - 1) / 3) * 3 + 1
  switch (period) {
    case 'month':
      return { from: first(year, month), to: today }
    case 'last-month':
      return { from: first(year, month - 1), to: dayBefore(first(year, month)) }
    case 'quarter':
      return { from: first(year, quarter), to: today }
    case 'last-quarter':
      return { from: first(year, quarter - 3), to: dayBefore(first(year, quarter)) }
    case 'year':
      return { from: first(year, 1), to: today }
    case 'last-year':
      return { from: first(year - 1, 1), to: first(year - 1, 12).slice(0, 8) + '31' }
  }
}

/** The name of a span, where it has one today. */
export function periodOf(span: Span, today: string): Period | null {
  return PERIODS.find((each) => same(spanOf(each, today), span)) ?? null
}

/** The days that a frozen period is of: from its start, or from the first day of its year, to its cut-off. */
export function spanOfPeriod(period: { starts_at: string | null; cut_off: string }): Span {
  const to = dayOf(period.cut_off)
  return { from: period.starts_at ? dayOf(period.starts_at) : `${to.slice(0, 4)}-01-01`, to }
}

/** The span of an address, or this year where it has none that can be read. */
export function spanAsked(asked: { from?: string; to?: string }, today: string): Span {
  const { from = '', to = '' } = asked
  return DAY.test(from) && DAY.test(to) && from <= to ? { from, to } : spanOf('year', today)
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const same = (one: Span, other: Span): boolean => one.from === other.from && one.to === other.to

/** The first day of a month; months below one are those of the year before. */
function first(year: number, month: number): string {
  return new Date(Date.UTC(year, month - 1, 1)).toISOString().slice(0, 10)
}
