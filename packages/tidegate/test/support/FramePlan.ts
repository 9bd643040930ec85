/**
 * Frames as data: what the handler of each does, how they are cut into writes, and over which buffers they travel.
 */
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

/**
 * What the handler of a frame does.
 *
 * - `finished`, `silent`: an effect that is a value already, with and without a reply.
 * - `sync`, `silentSync`: an effect that has to be run and does not suspend.
 * - `turns`: one that yields. `sleep`: one that waits for the clock.
 * - `held`: one that waits for a `waker`, or long. `waker`: wakes them from inside the function itself, before its own reply.
 */
export const Kind = Schema.Literals(["finished", "silent", "sync", "silentSync", "turns", "sleep", "held", "waker"])

export const FramePlan = Schema.Struct({ kind: Kind, amount: between(0, 4) })
export type FramePlan = typeof FramePlan.Type

export const isSilent = ({ kind }: FramePlan): boolean => kind === "silent" || kind === "silentSync"

/** A line that carries its plan. */
export const lineOf = (plan: FramePlan, at: number): string => `${at} ${plan.kind} ${plan.amount}`

const planOf = (line: string): FramePlan => {
  const [, kind = "finished", amount] = line.split(" ")
  return { kind: Schema.decodeUnknownSync(Kind)(kind), amount: Number(amount) }
}

/** Plays the handlers and counts them. */
export class FramePlayer {
  readonly handled: Array<string> = []
  running = 0
  most = 0
  private held: Array<() => void> = []

  /** The function of a frame. */
  readonly onFrame = (line: string): Effect.Effect<string | void> => {
    this.handled.push(line)
    const { amount, kind } = planOf(line)
    switch (kind) {
      case "finished":
        return Effect.succeed(line)
      case "silent":
        return Effect.void
      case "sync":
        return this.counted(Effect.sync(() => line))
      case "silentSync":
        return this.counted(Effect.asVoid(Effect.sync(() => line)))
      case "turns":
        return this.counted(Effect.as(Effect.repeat(Effect.yieldNow, { times: amount }), line))
      case "sleep":
        return this.counted(Effect.as(Effect.sleep(amount), line))
      case "held":
        return this.counted(Effect.as(Effect.timeoutOption(this.wokenUp, 10), line))
      case "waker":
        this.wakeHeld()
        return Effect.succeed(line)
    }
  }

  private readonly wokenUp = Effect.callback<void>((resume) => {
    this.held.push(() => resume(Effect.void))
  })

  private wakeHeld(): void {
    const { held } = this
    this.held = []
    for (const wake of held) wake()
  }

  private counted<A>(effect: Effect.Effect<A>): Effect.Effect<A> {
    const enter = Effect.sync(() => {
      this.running++
      this.most = Math.max(this.most, this.running)
    })
    const leave = Effect.sync(() => {
      this.running--
    })
    return Effect.acquireUseRelease(
      enter,
      () => effect,
      () => leave
    )
  }
}

/** Buffers of a network and of a server, from one byte to far more than is sent. */
export const Buffers = Schema.Struct({
  sendBufferBytes: Schema.Literals([1, 7, 50, 65_536]),
  receiveBufferBytes: Schema.Literals([1, 5, 40, 65_536]),
  segmentBytes: Schema.Literals([1, 3, 30, 65_536]),
  readBytes: Schema.Literals([1, 4, 25, 65_536]),
  highWaterMarkBytes: Schema.Literals([1, 8, 100, 65_536]),
  readAheadBytes: Schema.Literals([1, 6, 60, 65_536])
})
export type Buffers = typeof Buffers.Type

export const networkOf = ({
  sendBufferBytes,
  receiveBufferBytes,
  segmentBytes,
  readBytes
}: Buffers): NetworkOptions => ({ link: { sendBufferBytes, receiveBufferBytes, segmentBytes, readBytes } })

export const serverOf = ({ highWaterMarkBytes, readAheadBytes }: Buffers) => ({ highWaterMarkBytes, readAheadBytes })

/** The pieces of a text, each as long as the cuts say in turn. */
export const piecesOf = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = cuts.length === 0 ? text.length : (cuts[turn % cuts.length] ?? 1)
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}
