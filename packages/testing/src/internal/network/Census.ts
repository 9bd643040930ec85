/**
 * The count of descriptors, so that a test can say: what was opened is closed.
 *
 * @since 0.1.0
 */

/**
 * How many descriptors were opened and closed so far; a dial counts from the moment its socket exists.
 *
 * @category models
 * @since 0.1.0
 */
export interface Count {
  readonly opened: number
  readonly closed: number
  readonly open: number
}

/**
 * The open descriptors of one kind, in the order in which they were opened.
 *
 * @category models
 * @since 0.1.0
 */
export class Census<A> {
  private readonly members = new Set<A>()
  private opened = 0

  open(member: A): void {
    this.opened++
    this.members.add(member)
  }

  close(member: A): void {
    this.members.delete(member)
  }

  /** One descriptor, known by another value from now on. */
  replace(member: A, by: A): void {
    this.members.delete(member)
    this.members.add(by)
  }

  list(): ReadonlyArray<A> {
    return Array.from(this.members)
  }

  count(): Count {
    return { opened: this.opened, closed: this.opened - this.members.size, open: this.members.size }
  }
}
