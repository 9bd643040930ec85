/**
 * Frames that a codec has refused: each is told as an event, and those that were got over are told to the operator, once.
 */
import type { FrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import { format } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import { FrameFailure } from "./FrameErrors.ts"
import { viaOf } from "./Proxied.ts"

/** What a codec has refused; `origin`: where in the connection's input the codec's first byte stands. */
export interface Refused {
  readonly codec: string
  readonly error: FrameError
  readonly origin: number
}

/** One warning for each connection, the rest at debug level: a peer must not be able to fill the log. */
export class RefusedFrames {
  private readonly connection: Connection
  private untold: { readonly first: Refused; frames: number } | undefined
  private hasWarned = false

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** A frame that ends the reading of frames, or that the handler is to decide about. */
  refuse(refused: Refused): FrameFailure {
    this.tell(refused)
    return failureOf(refused)
  }

  /** A frame that is got over: kept in mind until the next report. */
  skip(refused: Refused): void {
    this.tell(refused)
    if (this.untold === undefined) this.untold = { first: refused, frames: 1 }
    else this.untold.frames++
  }

  /** Whether something was skipped and is not in the log yet. */
  get hasUntold(): boolean {
    return this.untold !== undefined
  }

  /** Logs what was skipped since the last report: one line, however much it is. */
  readonly report: Effect.Effect<void> = Effect.suspend(() => {
    const { connection, untold } = this
    if (untold === undefined) return Effect.void
    this.untold = undefined
    const { first, frames } = untold
    const { message: reason, position } = failureOf(first)
    const about = { connection: connection.id, peer: format(connection.peer), reason, position, frames }
    const log = this.hasWarned ? Effect.logDebug("frame skipped", about) : Effect.logWarning("frame skipped", about)
    this.hasWarned = true
    return Effect.ignoreCause(log)
  })

  private tell({ codec, error, origin }: Refused): void {
    const { connection } = this
    connection.sink?.({
      _tag: "FrameRefused",
      id: connection.id,
      peer: connection.peer,
      ...viaOf(connection.proxied),
      codec,
      kind: error.kind,
      position: origin + error.position,
      fatal: error.fatal
    })
  }
}

/** Those of a connection, whoever reads its frames: what one reader has warned of the next one need not. */
export const refusedFramesOf = (connection: Connection): RefusedFrames =>
  (connection.refused ??= new RefusedFrames(connection))

const failureOf = (refused: Refused): FrameFailure => new FrameFailure({ operation: "decode", ...refused })
