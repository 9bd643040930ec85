/**
 * Frames that a codec has refused and got over: told to the operator, once.
 */
import type { FrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import { format } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import { FrameFailure } from "./FrameErrors.ts"

/** One warning for each connection, the rest at debug level: a peer must not be able to fill the log. */
export class SkippedFrames {
  private readonly connection: Connection
  private readonly codec: string
  private last: FrameError | undefined
  private hasWarned = false

  constructor(connection: Connection, codec: string) {
    this.connection = connection
    this.codec = codec
  }

  /** Remembers a frame until the next report. */
  note(error: FrameError): void {
    this.last = error
  }

  /** Logs what was noted, if anything was. */
  readonly report: Effect.Effect<void> = Effect.suspend(() => {
    const error = this.last
    if (error === undefined) return Effect.void
    this.last = undefined
    const { id, peer } = this.connection
    const reason = new FrameFailure({ operation: "decode", codec: this.codec, error }).message
    const about = { connection: id, peer: format(peer), reason }
    const log = this.hasWarned ? Effect.logDebug("frame skipped", about) : Effect.logWarning("frame skipped", about)
    this.hasWarned = true
    return Effect.ignoreCause(log)
  })
}
