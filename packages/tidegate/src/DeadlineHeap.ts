/**
 * What is due first, of many: a binary heap whose members know their place, so that one can be moved or taken out.
 *
 * @since 0.1.0
 */

/** A member; both fields belong to the heap. */
export interface HeapCell {
  /** When to look at it. */
  dueAt: number
  /** Its place in the heap; -1: it is in none. */
  place: number
}

export class DeadlineHeap<Cell extends HeapCell> {
  private readonly cells: Array<Cell> = []

  get size(): number {
    return this.cells.length
  }

  /** The one that is due first. */
  get first(): Cell | undefined {
    return this.cells[0]
  }

  add(cell: Cell, dueAt: number): void {
    cell.dueAt = dueAt
    this.rise(cell, this.cells.length)
  }

  /** Gives a member another time. */
  move(cell: Cell, dueAt: number): void {
    const isNearer = dueAt < cell.dueAt
    cell.dueAt = dueAt
    if (isNearer) this.rise(cell, cell.place)
    else this.sink(cell, cell.place)
  }

  remove(cell: Cell): void {
    const { place } = cell
    if (place < 0) return
    cell.place = -1
    const last = this.cells.pop()
    if (last === undefined || last === cell) return
    this.rise(last, place)
    this.sink(last, last.place)
  }

  /** Gives all members the same time. */
  moveAll(dueAt: number): void {
    for (const cell of this.cells) cell.dueAt = dueAt
  }

  private rise(cell: Cell, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.cells[above]
      if (parent === undefined || parent.dueAt <= cell.dueAt) break
      this.put(parent, place)
      place = above
    }
    this.put(cell, place)
  }

  private sink(cell: Cell, from: number): void {
    let place = from
    for (;;) {
      const below = this.nearerChild(place)
      if (below === undefined || below.dueAt >= cell.dueAt) break
      const next = below.place
      this.put(below, place)
      place = next
    }
    this.put(cell, place)
  }

  private nearerChild(place: number): Cell | undefined {
    const left = this.cells[2 * place + 1]
    const right = this.cells[2 * place + 2]
    return left !== undefined && right !== undefined && right.dueAt < left.dueAt ? right : left
  }

  private put(cell: Cell, place: number): void {
    this.cells[place] = cell
    cell.place = place
  }
}
