/**
 * One connection of a pool: lent to one use at a time, and watched while nobody uses it.
 */
import type { OwnedConnection } from "./OwnedConnections.ts"

export class PoolMember {
  readonly owned: OwnedConnection
  private readonly idleTimeout: number
  private readonly lost: (member: PoolMember) => void
  private readonly opened: number
  private idleSince: number

  constructor(owned: OwnedConnection, idleTimeout: number, now: number, lost: (member: PoolMember) => void) {
    this.owned = owned
    this.idleTimeout = idleTimeout
    this.opened = now
    this.idleSince = now
    this.lost = lost
  }

  /** For how many milliseconds it has been open. */
  ageAt(now: number): number {
    return now - this.opened
  }

  /** Whether it was there before who asked at that place among all events. */
  wasThere(asked: number): boolean {
    return this.owned.uses > 0 || this.owned.opened < asked
  }

  /** Takes it for a use that asked at that place; false: it is not fit for one any more. */
  lendUnsafe(asked: number, now: number): boolean {
    if (!this.isQuiet || (this.wasThere(asked) && now - this.idleSince >= this.idleTimeout)) return false
    this.owned.connection.transport.offInputUnsafe(this.look)
    this.owned.lendUnsafe()
    return true
  }

  /** Takes it back; false: it is not fit for another use. */
  giveBackUnsafe(succeeded: boolean, now: number): boolean {
    this.owned.giveBackUnsafe()
    this.idleSince = now
    if (!succeeded || !this.isQuiet || this.idleTimeout === 0) return false
    this.watchUnsafe()
    return true
  }

  /**
   * Keeps a read pending: whatever comes while nobody has asked for anything, FIN, RST or bytes, means that it cannot be used any more.
   *
   * @source FF-85
   */
  watchUnsafe(): void {
    if (this.isQuiet) this.owned.connection.transport.onInputUnsafe(this.look)
    else this.lost(this)
  }

  private readonly look = (): void => this.watchUnsafe()

  private get isQuiet(): boolean {
    const { connection, isOver, isRetired } = this.owned
    return !isOver && !isRetired && !connection.transport.isReadableUnsafe()
  }
}
