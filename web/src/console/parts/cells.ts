/** The cells that hold now and the management units, by code and as a tree; read once, and when other bounds come to hold. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '../api'

export interface Cell {
  code: string
  name: string
  level: string
  parent: string | null
  /** Whether its bounds are known and can be drawn. */
  has_shape: boolean
}

export interface TreeNode {
  code: string
  name: string
  children: TreeNode[]
}

/** A tree of cells in the order of their codes; one whose parent is not there stands at the top. */
export function treeOf(cells: readonly Cell[]): TreeNode[] {
  const nodes = new Map(
    cells.map((cell) => [cell.code, { code: cell.code, name: cell.name, children: [] as TreeNode[] }]),
  )
  const tops: TreeNode[] = []
  for (const cell of cells) {
    const above = cell.parent === null ? undefined : nodes.get(cell.parent)
    ;(above?.children ?? tops).push(nodes.get(cell.code)!)
  }
  return tops
}

/** A cell's name with those above it, below the highest: 柳江区 / 拉堡镇. */
export function pathOf(cells: ReadonlyMap<string, Cell>, code: string): string {
  const names: string[] = []
  for (let cell = cells.get(code); cell; cell = cell.parent === null ? undefined : cells.get(cell.parent)) {
    if (cell.parent !== null || names.length === 0) names.unshift(cell.name)
  }
  return names.join(' / ') || code
}

/** Cells whose name holds what is looked for, or whose code begins so; the coarser ones first. */
export function cellsLike(cells: readonly Cell[], wanted: string, most: number): Cell[] {
  const fitting = cells.filter((cell) => cell.name.includes(wanted) || cell.code.startsWith(wanted))
  return fitting.sort((a, b) => a.code.length - b.code.length || (a.code < b.code ? -1 : 1)).slice(0, most)
}

export const useCells = defineStore('cells', () => {
  const cells = shallowRef<Cell[]>([])
  const units = shallowRef<{ code: string; name: string }[]>([])
  const byCode = computed(() => new Map(cells.value.map((cell) => [cell.code, cell])))
  const tree = computed(() => treeOf(cells.value))
  let loading: Promise<void> | null = null

  /** Read them, once; asked again after it failed. */
  function load(): Promise<void> {
    loading ??= read().catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }

  /** Read them anew: other bounds hold. */
  function again(): Promise<void> {
    loading = null
    return load()
  }

  async function read(): Promise<void> {
    const [all, others] = await Promise.all([
      api.get<{ items: Cell[] }>('/cells'),
      api.get<{ code: string; name: string }[]>('/units'),
    ])
    cells.value = all.items
    units.value = others
  }

  /** What a grant is called: a cell with those above it, or a unit. */
  function called(code: string): string {
    return units.value.find((unit) => unit.code === code)?.name ?? pathOf(byCode.value, code)
  }

  /** The codes above a cell, nearest first. */
  function above(code: string): string[] {
    const parent = byCode.value.get(code)?.parent
    return parent && byCode.value.has(parent) ? [parent, ...above(parent)] : []
  }

  return { cells, units, byCode, tree, load, again, called, above }
})
