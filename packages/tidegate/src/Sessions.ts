/**
 * The live sessions of a generation.
 *
 * An array in which each knows its place, and no Map: a Map that is filled and emptied all the time makes a new table again and again,
 * and V8 leaves each one pointing at the next. Once one of them is in the old generation, dead or not, every session in the tables
 * behind it survives until the whole heap is marked. Measured on Node 24 with connections that send one line: 2.0 MB instead of 0.4
 * survive each collection of the young generation, 2.7 µs instead of 1.1 a connection.
 */
import type { Session } from "./Session.ts"

export class Sessions {
  private readonly members: Array<Session> = []

  get size(): number {
    return this.members.length
  }

  add(session: Session): void {
    session.place = this.members.length
    this.members.push(session)
  }

  /** Whether it was here; it is not any more. */
  remove(session: Session): boolean {
    const { place } = session
    if (place < 0) return false
    session.place = -1
    const last = this.members.pop()
    if (last === undefined || last === session) return true
    this.members[place] = last
    last.place = place
    return true
  }

  /** That of a connection. */
  find(id: number): Session | undefined {
    return this.members.find(({ connection }) => connection.id === id)
  }

  /** All of them as they are now, the one that was taken first first. */
  get all(): ReadonlyArray<Session> {
    return this.members.toSorted((one, other) => one.connection.id - other.connection.id)
  }

  /** In any order, for who changes nothing. */
  get unsorted(): ReadonlyArray<Session> {
    return this.members
  }
}
