/** A site that the register lacks, as an inspector proposes it: `site.propose` of the contract. */
import type { Act, PhotoOf, Position } from '../../sync'

export interface Proposal {
  id: string
  name: string
  kind: string
  address: string
  responsible_unit: string
  responsible_person: string
  phone: string
  note: string
  photos: PhotoOf[]
}

export const DRAFT = 'site-proposal'

export function emptyProposal(id: string): Proposal {
  const blank = { name: '', kind: '', address: '', responsible_unit: '', responsible_person: '', phone: '', note: '' }
  return { id, ...blank, photos: [] }
}

export type Missing = 'name' | 'kind' | 'position'

/** What has to be there before it can be submitted. */
export function missing(proposal: Proposal, position: Position | null): Missing[] {
  const found: Missing[] = []
  if (!proposal.name.trim()) found.push('name')
  if (!proposal.kind) found.push('kind')
  if (position === null) found.push('position')
  return found
}

/** The op; what was left empty is not said. */
export function actOf(proposal: Proposal, position: Position): Act {
  const { id, photos, ...texts } = proposal
  const said = Object.entries(texts).flatMap(([name, text]) => (text.trim() ? [[name, text.trim()]] : []))
  const hashes = [...new Set(photos.map(({ sha256 }) => sha256))]
  return {
    cmd: 'site.propose',
    row: id,
    baseRev: null,
    args: { ...Object.fromEntries(said), position, photos: hashes },
  }
}
