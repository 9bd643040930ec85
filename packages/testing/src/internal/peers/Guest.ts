/**
 * A peer's own view of its connection: what it says, and what it has heard.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { closedLocally, type TransportError } from "tidegate/Errors"
import type { Connection } from "tidegate/Transport"
import { joinedBytes } from "../JoinedBytes.ts"
import { type Bytes, bytesOf, type Ending } from "./PeerOptions.ts"

/**
 * The dialling end of a connection, with everything it has received so far.
 *
 * @category models
 * @since 0.1.0
 */
export class Guest {
  readonly connection: Connection
  private readonly chunks: Array<Uint8Array> = []
  /** Bytes received so far. */
  heard = 0

  constructor(connection: Connection) {
    this.connection = connection
  }

  get received(): Uint8Array {
    return joinedBytes(this.chunks)
  }

  // --- saying ---

  say(bytes: Bytes): Effect.Effect<void, TransportError> {
    return this.connection.write(bytesOf(bytes))
  }

  /** RST, after the kernel has what was said, which an abort alone would drop; reads meanwhile, or the server might take no more. */
  get reset(): Effect.Effect<Ending> {
    const { connection } = this
    const said = Effect.raceFirst(Effect.ignore(connection.flush), Effect.asVoid(this.listen))
    return Effect.as(Effect.andThen(said, connection.abort), closedLocally)
  }

  // --- hearing ---

  /** Reads to the end. */
  get listen(): Effect.Effect<Ending> {
    return Effect.flatMap(this.hear, (ending) => (ending === undefined ? this.listen : Effect.succeed(ending)))
  }

  /** Reads until `enough`; the ending, if that came first. */
  listenUntil(enough: (guest: Guest) => boolean): Effect.Effect<Ending | undefined> {
    return Effect.suspend(() => {
      if (enough(this)) return Effect.succeed(undefined)
      return Effect.flatMap(this.hear, (ending) =>
        ending === undefined || enough(this) ? this.listenUntil(enough) : Effect.succeed(ending)
      )
    })
  }

  /** Taken in the step in which it is kept: an interruption in between would lose it. */
  private get hear(): Effect.Effect<Ending | undefined> {
    return Effect.map(this.connection.readable, () => {
      for (let chunk = this.connection.takeUnsafe(); chunk !== undefined; chunk = this.connection.takeUnsafe()) {
        this.chunks.push(chunk)
        this.heard += chunk.length
      }
      return this.inputEnding
    })
  }

  private get inputEnding(): Ending | undefined {
    const end = this.connection.inputEnd
    if (end === undefined) return undefined
    return typeof end === "object" ? end.code : "eof"
  }

  // --- both ---

  /** Says and hears at the same time; what is left unsaid when the server ends stays so. */
  talk(saying: Effect.Effect<unknown, TransportError>): Effect.Effect<Ending> {
    // It begins to speak before it hears anything: a server that has ended by now has not kept it from that.
    return Effect.flatMap(Effect.forkChild(Effect.ignore(saying), { startImmediately: true }), (said) =>
      Effect.flatMap(Effect.forkChild(this.listen), (listening) =>
        Effect.raceFirst(Fiber.await(said), Fiber.await(listening)).pipe(
          Effect.andThen(Fiber.interrupt(said)),
          Effect.andThen(Fiber.join(listening))
        )
      )
    )
  }
}
