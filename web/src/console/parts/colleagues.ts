/** The people of one's own area whom work can be given to: those of a cell first, then the others. */
import { api as theApi, type Api } from '../api'

export interface Colleague {
  id: string
  name: string
  role: string
}

export interface Found {
  /** Whose grants reach the cell that was asked for; empty without one. */
  here: Colleague[]
  others: Colleague[]
  /** There are more than are shown. */
  more: boolean
}

interface Answer {
  items: Colleague[]
  more: boolean
}

/** Those whose name has this in it; any without it. */
export async function find(name: string, cell: string | null, api: Pick<Api, 'get'> = theApi): Promise<Found> {
  const ask = (query: Record<string, string>): Promise<Answer> =>
    api.get<Answer>('/colleagues', { query: { ...query, name: name.trim() } })
  const [near, all] = await Promise.all([cell ? ask({ cell }) : { items: [], more: false }, ask({})])
  const known = new Set(near.items.map((each) => each.id))
  return { here: near.items, others: all.items.filter((each) => !known.has(each.id)), more: near.more || all.more }
}
