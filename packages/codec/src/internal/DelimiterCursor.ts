/**
 * Reading through chunks up to where a delimiter ends.
 *
 * @since 0.1.0
 */
import { type IndexOfByte, indexOfByte } from "./ByteSearch.ts"
import type { DelimiterAutomaton } from "./DelimiterAutomaton.ts"
import { DelimiterCandidates, type Marks } from "./DelimiterCandidates.ts"

const none = -1
const start = 0
const noBytes = new Uint8Array(0)

/**
 * Looks for the first end of a delimiter, in one chunk after the other.
 *
 * **Shapes**
 *
 * - `find(chunk, from)` gives the index behind the first delimiter that ends in `chunk` at or after `from`, `-1` when none does. It
 *   remembers what is pending at the end of the chunk, and forgets it where a delimiter has ended.
 * - `pending`: how many bytes of the longest delimiter that may have begun are read; behind a delimiter: its length.
 * - Only what may belong to a delimiter goes through the automaton; the rest is passed natively. Each byte is stepped over once at
 *   most, and searched once for each of the marks.
 *
 * @category models
 * @source FF-32
 * @since 0.1.0
 */
export class DelimiterCursor {
  readonly #automaton: DelimiterAutomaton
  readonly #candidates: DelimiterCandidates
  readonly #indexOf: IndexOfByte
  readonly #onlyByte: number
  #state = start
  #pending = 0
  #ended = none

  constructor(automaton: DelimiterAutomaton, marks: Marks, indexOf: IndexOfByte = indexOfByte) {
    this.#automaton = automaton
    this.#candidates = new DelimiterCandidates(marks, indexOf)
    this.#indexOf = indexOf
    const [only, ...others] = automaton.delimiters
    this.#onlyByte = others.length === 0 && only?.length === 1 ? (only[0] ?? none) : none
  }

  get pending(): number {
    return this.#pending
  }

  /** The delimiter that `find` has found last. */
  get delimiter(): Uint8Array {
    return this.#automaton.delimiters[this.#ended] ?? noBytes
  }

  reset(): void {
    this.#state = start
    this.#pending = 0
    this.#candidates.forget()
  }

  find(chunk: Uint8Array, from: number): number {
    return this.#onlyByte === none ? this.#findAny(chunk, from) : this.#findByte(chunk, from)
  }

  #findByte(chunk: Uint8Array, from: number): number {
    const at = this.#indexOf(chunk, this.#onlyByte, from)
    this.#pending = at === none ? 0 : 1
    this.#ended = 0
    return at === none ? none : at + 1
  }

  #findAny(chunk: Uint8Array, from: number): number {
    const { column, columns, ended, table } = this.#automaton
    const { length } = chunk
    let state = this.#state
    let at = from
    while (at < length) {
      // While something is pending every byte counts; else none before the candidate, but for what a delimiter has before it.
      const candidate = state === start ? this.#candidates.next(chunk, at) : at
      at = Math.max(at, candidate - this.#candidates.reach)
      // Staying in this loop while something is pending takes 4 ns a byte; asking for the next candidate each time, 20 (Node 24).
      while (at < length && (at <= candidate || state !== start)) {
        state = table[state * columns + (column[chunk[at] ?? 0] ?? 0)] ?? start
        at++
        if ((ended[state] ?? none) !== none) return this.#endAt(at, at === length, state)
      }
    }
    this.#candidates.forget()
    this.#state = state
    this.#pending = this.#automaton.pending[state] ?? 0
    return none
  }

  #endAt(at: number, isLast: boolean, state: number): number {
    if (isLast) this.#candidates.forget()
    this.#state = start
    this.#pending = this.#automaton.pending[state] ?? 0
    this.#ended = this.#automaton.ended[state] ?? none
    return at
  }
}
