/**
 * Connections that are turned away with a goodbye: each is written to, ended and lingered with, and none is forgotten.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { descend } from "./CloseLadder.ts"
import { Connection } from "./Connection.ts"
import type { LiveCell } from "./LiveSettings.ts"
import type * as Transport from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What they need. */
export interface FarewellParts {
  readonly live: LiveCell
  /** At most so many at once; whoever comes then is reset. */
  readonly most: number
  /** Starts a fiber of the server's own, in the step that calls it. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

export class Farewells {
  private readonly parts: FarewellParts
  /** Those whose descriptor was not given back yet; without a fiber those that are reset. */
  private readonly open = new Map<Transport.Connection, Fiber.Fiber<void> | undefined>()
  private readonly wakes = new WakeList()
  private aborting = false

  constructor(parts: FarewellParts) {
    this.parts = parts
  }

  get size(): number {
    return this.open.size
  }

  /**
   * Goodbye, FIN, and what the peer still sends is dropped: unread input would make the kernel send RST, and the peer would not
   * get to read the goodbye.
   *
   * @source B36, FF-08
   */
  sayUnsafe(id: number, transport: Transport.Connection): void {
    if (this.aborting || this.open.size >= this.parts.most) {
      this.resetUnsafe(transport)
      return
    }
    this.open.set(transport, undefined)
    const fiber = this.parts.run(this.farewell(id, transport))
    this.open.set(transport, fiber)
    fiber.addObserver(() => this.goneUnsafe(transport))
  }

  /** RST, without a word. */
  resetUnsafe(transport: Transport.Connection): void {
    this.open.set(transport, undefined)
    this.goneUnsafe(transport)
  }

  /** FIN, without a word and without lingering: for one to which nothing was written, and of which everything was read. */
  releaseUnsafe(transport: Transport.Connection): void {
    transport.releaseUnsafe()
    this.resetUnsafe(transport)
  }

  /** RST to everybody, now. */
  abortUnsafe(): void {
    this.aborting = true
    for (const [transport, fiber] of Array.from(this.open)) {
      transport.abortUnsafe()
      fiber?.interruptUnsafe()
    }
  }

  /** Suspends until none is left. */
  get gone(): Effect.Effect<void> {
    return waitUntil(this.wakes, () => this.open.size === 0)
  }

  private farewell(id: number, transport: Transport.Connection): Effect.Effect<void> {
    return Effect.suspend(() => {
      const settings = this.parts.live.current
      if (settings.goodbye.length > 0 && transport.writeRefusalUnsafe() === undefined) {
        transport.writeUnsafe(settings.goodbye)
      }
      return Effect.asVoid(descend(new Connection(id, transport), settings))
    })
  }

  /** Also where the ladder did not come to its end. */
  private goneUnsafe(transport: Transport.Connection): void {
    transport.abortUnsafe()
    transport.onClosedUnsafe(() => {
      this.open.delete(transport)
      if (this.open.size === 0) this.wakes.wakeAll()
    })
  }
}
