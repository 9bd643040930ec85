/**
 * Peers that keep to the rules, each in its own way.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Transport } from "tidegate/Transport"
import { joinedBytes } from "../JoinedBytes.ts"
import {
  type Bytes,
  bytesOf,
  type Ending,
  type PeerOptions,
  type Seen,
  type Target,
  type Wait,
  waitFor
} from "./PeerOptions.ts"
import { visit } from "./Visit.ts"

/**
 * Options of a peer that sends something.
 *
 * **Shapes**
 *
 * - `input`: what it sends; default `hello` and a line feed.
 *
 * @category options
 * @since 0.1.0
 */
export interface InputOptions extends PeerOptions {
  readonly input?: Bytes | undefined
}

/** The default of `input`. */
export const hello = "hello\n"

/**
 * Sends, ends its own side with FIN, and reads to the end.
 *
 * **When to use**
 *
 * For the client that has said all it has to say before it has heard anything, such as `nc` with a file: a server that takes FIN
 * for the end of the connection owes it its answers.
 *
 * **Example**
 *
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 * import { halfCloser } from "@tidegate/testing/Peers"
 * import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 * import * as Server from "tidegate/Server"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const server = yield* Server.make({ handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line)) })
 *   const seen = yield* halfCloser(yield* server.address, { input: "one\ntwo\n" })
 *   return [new TextDecoder().decode(seen.received), seen.ending] // ["one\ntwo\n", "eof"]
 * }))
 *
 * program.pipe(Effect.provide(SimulatedNetwork.layer()))
 * ```
 *
 * @category ordinary peers
 * @source FF-17: half-closed connections are common, and easily cut by a server
 * @since 0.1.0
 */
export const halfCloser = (target: Target, options: InputOptions = {}): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => guest.talk(Effect.andThen(guest.say(options.input ?? hello), guest.connection.end)))

/**
 * Options of {@link requester} and {@link pipeliner}.
 *
 * **Shapes**
 *
 * - `frames`: what they send, one after the other.
 *
 * @category options
 * @since 0.1.0
 */
export interface FramesOptions extends PeerOptions {
  readonly frames?: ReadonlyArray<Bytes> | undefined
}

/**
 * Options of {@link requester}.
 *
 * **Shapes**
 *
 * - `frames`: default three lines.
 * - `isAnswer`: whether these bytes, all that came since the last frame was sent, are its answer; default: they end with a line
 *   feed.
 *
 * @category options
 * @since 0.1.0
 */
export interface RequesterOptions extends FramesOptions {
  readonly isAnswer?: ((bytes: Uint8Array) => boolean) | undefined
}

/**
 * Sends one frame, waits for its answer, then sends the next; after the last one FIN, and reads to the end.
 *
 * **When to use**
 *
 * For the client that everything else must not disturb: run it beside the hostile ones.
 *
 * @category ordinary peers
 * @since 0.1.0
 */
export const requester = (target: Target, options: RequesterOptions = {}): Effect.Effect<Seen, never, Transport> => {
  const { frames = ["one\n", "two\n", "three\n"], isAnswer = endsLine } = options
  return visit(target, options, (guest) => {
    const ask = (frame: Bytes) =>
      Effect.suspend(() => {
        const before = guest.heard
        const answered = guest.listenUntil(({ received }) => isAnswer(received.subarray(before)))
        return Effect.andThen(Effect.ignore(guest.say(frame)), answered)
      })
    const goOn = (at: number): Effect.Effect<Ending> => {
      const frame = frames[at]
      if (frame === undefined) return Effect.andThen(guest.connection.end, guest.listen)
      return Effect.flatMap(ask(frame), (ending) => (ending === undefined ? goOn(at + 1) : Effect.succeed(ending)))
    }
    return goOn(0)
  })
}

const lineFeed = 10

const endsLine = (bytes: Uint8Array): boolean => bytes.at(-1) === lineFeed

/** A hundred lines: more than one chunk's worth of frames for any server that counts its turns. */
const manyFrames = Array.from({ length: 100 }, (_, at) => `frame ${at}\n`)

/**
 * Sends many frames at once, in one write, ends with FIN, and reads to the end.
 *
 * **When to use**
 *
 * To see that answers keep their order, that one client's backlog does not hold up the others, and that a drain answers
 * everything that had arrived.
 *
 * **Shapes**
 *
 * - `frames`: default a hundred lines, `frame 0` to `frame 99`.
 *
 * @category ordinary peers
 * @source S50
 * @since 0.1.0
 */
export const pipeliner = (target: Target, options: FramesOptions = {}): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) =>
    guest.talk(
      Effect.andThen(guest.say(joinedBytes((options.frames ?? manyFrames).map(bytesOf))), guest.connection.end)
    )
  )

/**
 * Options of {@link lateReader}.
 *
 * **Shapes**
 *
 * - `after`: when it begins to read; default 1 second after it has dialled.
 *
 * @category options
 * @since 0.1.0
 */
export interface LateReaderOptions extends InputOptions {
  readonly after?: Wait | undefined
}

/**
 * Sends, ends with FIN, and reads only after a while; then to the end.
 *
 * **When to use**
 *
 * To see that a client which is merely slow gets everything, also when a drain begins meanwhile, and that it costs no more memory
 * than the buffers may hold.
 *
 * @category ordinary peers
 * @source FF-07, S62
 * @since 0.1.0
 */
export const lateReader = (target: Target, options: LateReaderOptions = {}): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => {
    const saying = Effect.andThen(Effect.ignore(guest.say(options.input ?? hello)), guest.connection.end)
    return saying.pipe(Effect.andThen(waitFor(options.after ?? "1 second")), Effect.andThen(guest.listen))
  })
