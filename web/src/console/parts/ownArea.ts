/** The area that a page begins with: the first of one's own cells, or else the first city. '' before the cells are read. */
import { computed, type ComputedRef } from 'vue'
import { useSession } from '../session'
import { useCells, type Cell } from './cells'

export function areaOf(grants: readonly string[], cells: readonly Cell[]): string {
  const codes = new Set(cells.map((cell) => cell.code))
  return grants.find((code) => codes.has(code)) ?? cells.find((cell) => cell.level === 'city')?.code ?? ''
}

export function useOwnArea(): ComputedRef<string> {
  const cells = useCells()
  const session = useSession()
  return computed(() => areaOf(session.user?.grants ?? [], cells.cells))
}
