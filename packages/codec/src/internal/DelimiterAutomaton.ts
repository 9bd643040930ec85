/**
 * Telling after each byte which delimiter has ended, and how much of one is pending.
 *
 * @since 0.1.0
 */

const none = -1
const root = 0

/** How many bytes the delimiters can have together. */
export const longestDelimiters = 65_535

/**
 * An automaton of Aho and Corasick for a set of delimiters, as a table.
 *
 * **Shapes**
 *
 * - A state stands for the longest prefix of a delimiter that the bytes read so far end in; `0` for none. `pending[state]` is its
 *   length.
 * - `table[state * columns + column[byte]]` is the state after one more byte.
 * - `ended[state]` is the delimiter that has just ended, as its index, the longest where there are several; `-1`: none has. In a set
 *   without conflicts no delimiter ends inside another one: where one ends, all that is pending is that delimiter.
 * - The delimiters have {@link longestDelimiters} bytes together at most. Memory: two bytes for each of their bytes, times how many
 *   different bytes there are in them, and eight more.
 *
 * @category models
 * @source A. V. Aho, M. J. Corasick: Efficient String Matching, 1975
 * @since 0.1.0
 */
export class DelimiterAutomaton {
  readonly delimiters: ReadonlyArray<Uint8Array>
  // All bytes that are in no delimiter share column 0.
  readonly column = new Uint16Array(256)
  readonly columns: number
  readonly table: Uint16Array
  readonly pending: Uint16Array
  readonly ended: Int32Array

  constructor(delimiters: ReadonlyArray<Uint8Array>) {
    const states = delimiters.reduce((sum, delimiter) => sum + delimiter.length, 1)
    this.delimiters = delimiters
    this.columns = this.#numberColumns()
    this.table = new Uint16Array(states * this.columns)
    this.pending = new Uint16Array(states)
    this.ended = new Int32Array(states).fill(none)
    this.#addPrefixes()
    this.#addFallbacks(states)
  }

  /** The delimiters that can never win, each with one that always ends before it, or is the same. */
  conflicts(): ReadonlyArray<{ readonly loser: number; readonly winner: number }> {
    return this.delimiters.flatMap((delimiter, loser) => {
      let state = root
      for (const byte of delimiter) {
        state = this.#after(state, byte)
        const winner = this.ended[state] ?? none
        if (winner !== none && winner !== loser) return [{ loser, winner }]
      }
      return []
    })
  }

  #after(state: number, byte: number): number {
    return this.table[state * this.columns + (this.column[byte] ?? 0)] ?? root
  }

  #numberColumns(): number {
    let columns = 1
    for (const delimiter of this.delimiters) {
      for (const byte of delimiter) {
        if (this.column[byte] === 0) this.column[byte] = columns++
      }
    }
    return columns
  }

  #addPrefixes(): void {
    let states = 1
    for (const [index, delimiter] of this.delimiters.entries()) {
      let state = root
      for (const byte of delimiter) {
        const known = this.#after(state, byte)
        const next = known === root ? states++ : known
        this.table[state * this.columns + (this.column[byte] ?? 0)] = next
        this.pending[next] = (this.pending[state] ?? 0) + 1
        state = next
      }
      if (this.ended[state] === none) this.ended[state] = index
    }
  }

  // Breadth first: the state to fall back to stands for a shorter prefix, and its row is complete by then.
  #addFallbacks(states: number): void {
    const { columns, ended, table } = this
    const [queue, fallback] = [new Uint16Array(states), new Uint16Array(states)]
    for (let read = 0, queued = 1; read < queued; read++) {
      const state = queue[read] ?? root
      for (let column = 0; column < columns; column++) {
        const next = table[state * columns + column] ?? root
        const otherwise = state === root ? root : (table[(fallback[state] ?? root) * columns + column] ?? root)
        if (next === root) {
          table[state * columns + column] = otherwise
          continue
        }
        fallback[next] = otherwise
        if (ended[next] === none) ended[next] = ended[otherwise] ?? none
        queue[queued++] = next
      }
    }
  }
}
