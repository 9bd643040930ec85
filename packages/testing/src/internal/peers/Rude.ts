/**
 * Peers that go without a word, or never stop.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { closedLocally, type TransportError } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"
import { wholeNumber } from "../WholeNumber.ts"
import type { Guest } from "./Guest.ts"
import { hello, type InputOptions } from "./Ordinary.ts"
import {
  type Bytes,
  bytesOf,
  endpointOf,
  neverConnected,
  type PeerOptions,
  type Seen,
  type Target,
  type Wait,
  waitFor
} from "./PeerOptions.ts"
import { patience } from "./Slow.ts"
import { visit } from "./Visit.ts"

/**
 * Options of {@link resetClient}.
 *
 * **Shapes**
 *
 * - `afterSent`: bytes of `input` that it sends before; default all of them.
 * - `afterReceived`: bytes that it waits for before; default 0. It may have read a few more by then.
 *
 * @category options
 * @since 0.1.0
 */
export interface ResetOptions extends InputOptions {
  readonly afterSent?: number | undefined
  readonly afterReceived?: number | undefined
}

/**
 * Goes with RST, after some bytes were sent and some received.
 *
 * **When to use**
 *
 * To cut a connection at any place: in the middle of a frame, before an answer, in the middle of one.
 *
 * **Shapes**
 *
 * - `ending` is `ELOCAL`, or how the server ended the connection if that came first.
 *
 * **Errors**
 *
 * - Dies with `InvalidOptions` if a number of bytes is not a whole number of 0 or more.
 *
 * @category rude peers
 * @source FF-08, FF-20, S47
 * @since 0.1.0
 */
export const resetClient = (target: Target, options: ResetOptions = {}): Effect.Effect<Seen, never, Transport> =>
  Effect.suspend(() => {
    const input = bytesOf(options.input ?? hello)
    const sent = wholeNumber("afterSent", options.afterSent ?? input.length, { least: 0 })
    const received = wholeNumber("afterReceived", options.afterReceived ?? 0, { least: 0 })
    return visit(target, options, (guest) =>
      Effect.ignore(guest.say(input.subarray(0, sent))).pipe(
        Effect.andThen(guest.listenUntil(({ heard }) => heard >= received)),
        Effect.flatMap((ending) => (ending === undefined ? guest.reset : Effect.succeed(ending)))
      )
    )
  })

/**
 * Options of {@link flooder}.
 *
 * **Shapes**
 *
 * - `chunk`: what it writes over and over; default 16 KiB of lines.
 * - `maxBytes`: after how many bytes it stops by itself; default 1 MiB. The last chunk may go beyond.
 * - `until`: when it stops before; default 1 minute.
 *
 * @category options
 * @since 0.1.0
 */
export interface FlooderOptions extends PeerOptions {
  readonly chunk?: Bytes | undefined
  readonly maxBytes?: number | undefined
  readonly until?: Wait | undefined
}

const lines = "flood\n".repeat(2731)

/**
 * Writes without a pause, until it is refused, told to stop, or has written enough; reads all the while, then ends with FIN and
 * reads to the end.
 *
 * **When to use**
 *
 * To see that one client cannot starve the others, and that a drain stops admitting its frames.
 *
 * **Errors**
 *
 * - Dies with `InvalidOptions` if `chunk` is empty, or `maxBytes` is not a whole number of 0 or more.
 *
 * **Limits**
 *
 * - What it receives is kept: an echo of `maxBytes` takes as much memory.
 *
 * @category rude peers
 * @source I-S13, S49
 * @since 0.1.0
 */
export const flooder = (target: Target, options: FlooderOptions = {}): Effect.Effect<Seen, never, Transport> =>
  Effect.suspend(() => {
    const chunk = bytesOf(options.chunk ?? lines)
    const maxBytes = wholeNumber("maxBytes", options.maxBytes ?? 1_048_576, { least: 0 })
    wholeNumber("chunk.length", chunk.length, { least: 1 })
    return visit(target, options, (guest) => {
      const enough = waitFor(options.until ?? patience)
      return guest.talk(Effect.andThen(Effect.raceFirst(flood(guest, chunk, maxBytes), enough), guest.connection.end))
    })
  })

const flood = (guest: Guest, chunk: Uint8Array, maxBytes: number): Effect.Effect<void, TransportError> =>
  Effect.suspend(() =>
    guest.connection.bytesOut >= maxBytes
      ? Effect.void
      : Effect.andThen(guest.say(chunk), flood(guest, chunk, maxBytes))
  )

/**
 * Options of {@link abandoner}.
 *
 * **Shapes**
 *
 * - `at`: `dialling` gives the dial up while it is under way, `connected` sends RST in the instant in which it has succeeded, often
 *   before the server has accepted it; default `connected`.
 *
 * @category options
 * @since 0.1.0
 */
export interface AbandonerOptions extends PeerOptions {
  readonly at?: "dialling" | "connected" | undefined
}

/**
 * Dials and goes away at once.
 *
 * **When to use**
 *
 * For port scanners, health checks and impatient clients: a server sees a connection that is already dead when it takes it, or
 * an accept that fails with `ECONNABORTED`.
 *
 * **Shapes**
 *
 * - `ending` is `ELOCAL`, or the errno name with which the dial failed.
 *
 * @category rude peers
 * @source S43
 * @since 0.1.0
 */
export const abandoner = (target: Target, options: AbandonerOptions = {}): Effect.Effect<Seen, never, Transport> =>
  options.at === "dialling"
    ? giveUpDialling(target, options)
    : visit(target, options, () => Effect.succeed(closedLocally))

const giveUpDialling = (target: Target, { socket }: PeerOptions): Effect.Effect<Seen, never, Transport> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { dial } = yield* Transport
      const endpoint = endpointOf(target)
      const attempt = yield* Effect.forkChild(dial({ ...socket, ...endpoint }), { startImmediately: true })
      yield* Fiber.interrupt(attempt)
      return neverConnected(closedLocally)
    })
  )
