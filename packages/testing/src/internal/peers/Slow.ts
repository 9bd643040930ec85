/**
 * Peers that take their time, and everybody else's if a server lets them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { closedLocally, type TransportError } from "tidegate/Errors"
import type { Transport } from "tidegate/Transport"
import { wholeNumber } from "../WholeNumber.ts"
import type { Guest } from "./Guest.ts"
import { hello, type InputOptions } from "./Ordinary.ts"
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

/** The default of `until`. */
export const patience: Wait = "1 minute"

/**
 * Options of a peer that stays for a while.
 *
 * **Shapes**
 *
 * - `until`: how long it stays unless the server ends the connection first; default 1 minute.
 *
 * @category options
 * @since 0.1.0
 */
export interface StayOptions extends PeerOptions {
  readonly until?: Wait | undefined
}

/**
 * Connects and says nothing; it reads, and goes with FIN when it is time or when the server ends.
 *
 * **When to use**
 *
 * For idle timeouts, connection limits and drains: nothing is owed to it.
 *
 * @category slow peers
 * @source FF-45, S62
 * @since 0.1.0
 */
export const silent = (target: Target, options: StayOptions = {}): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => stay(guest, Effect.void, options.until))

/** Says something, then stays until it is time; reads all the while. */
export const stay = (
  guest: Guest,
  saying: Effect.Effect<unknown, TransportError>,
  until: Wait = patience
): Effect.Effect<Ending> =>
  guest.talk(
    Effect.andThen(Effect.raceFirst(Effect.andThen(saying, Effect.never), waitFor(until)), guest.connection.end)
  )

/**
 * Options of {@link stalledReader}.
 *
 * @category options
 * @since 0.1.0
 */
export interface StalledReaderOptions extends InputOptions, StayOptions {}

/**
 * Sends and never reads, so that the answers pile up; goes with RST when it is time.
 *
 * **When to use**
 *
 * To see that a server's memory for one peer has a bound, that others are served meanwhile, and that a drain does not wait for it
 * beyond `closeTimeout`. Give it enough input for the answers to fill both kernels' buffers: some MiB on real sockets.
 *
 * **Shapes**
 *
 * - `ending` is `ELOCAL` unless the connection was lost before it was time.
 *
 * @category slow peers
 * @source FF-27, FF-30
 * @since 0.1.0
 */
export const stalledReader = (
  target: Target,
  options: StalledReaderOptions = {}
): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => {
    const { connection } = guest
    const lost = Effect.map(connection.closed, () => connection.failure?.code ?? closedLocally)
    const saying = Effect.andThen(Effect.ignore(guest.say(options.input ?? hello)), Effect.never)
    const time = Effect.as(waitFor(options.until ?? patience), closedLocally)
    return Effect.raceAllFirst([lost, saying, time])
  })

/**
 * Options of {@link lingerer}.
 *
 * **Shapes**
 *
 * - `until`: how long it keeps its half after the server's FIN, for which it waits as long as it takes; default 1 minute.
 *
 * @category options
 * @since 0.1.0
 */
export interface LingererOptions extends InputOptions {
  readonly until?: Wait | undefined
}

/**
 * Sends, reads to the server's FIN, and does not answer it with its own before it is time.
 *
 * **When to use**
 *
 * For `lingerTimeout`: half a connection is a whole descriptor.
 *
 * **Shapes**
 *
 * - `ending` is how the input ended, whatever came afterwards.
 *
 * @category slow peers
 * @source FF-09
 * @since 0.1.0
 */
export const lingerer = (target: Target, options: LingererOptions = {}): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => {
    const talk = guest.talk(guest.say(options.input ?? hello))
    return Effect.flatMap(talk, (ending) => Effect.as(waitFor(options.until ?? patience), ending))
  })

/**
 * Options of {@link trickle}.
 *
 * **Shapes**
 *
 * - `every`: what it waits for between two pieces; default 10 milliseconds. An effect is run anew each time.
 * - `bytes`: size of a piece; default 1.
 *
 * @category options
 * @since 0.1.0
 */
export interface TrickleOptions extends InputOptions {
  readonly every?: Wait | undefined
  readonly bytes?: number | undefined
}

/**
 * Sends byte by byte with a pause in between, then FIN; reads all the while.
 *
 * **When to use**
 *
 * To see that frames are put together from any pieces, and that a slow sender (slow loris) holds up nobody else.
 *
 * **Errors**
 *
 * - Dies with `InvalidOptions` if `bytes` is not a whole number of 1 or more.
 *
 * @category slow peers
 * @source I-S11, S47
 * @since 0.1.0
 */
export const trickle = (target: Target, options: TrickleOptions = {}): Effect.Effect<Seen, never, Transport> =>
  Effect.suspend(() => {
    const { every = "10 millis", input = hello } = options
    const pieces = { bytes: wholeNumber("bytes", options.bytes ?? 1, { least: 1 }), every }
    return visit(target, options, (guest) =>
      guest.talk(Effect.andThen(sayInPieces(guest, input, pieces), guest.connection.end))
    )
  })

/** Each piece in a write of its own. */
export const sayInPieces = (
  guest: Guest,
  input: Bytes,
  { bytes, every }: { readonly bytes: number; readonly every: Wait }
): Effect.Effect<void, TransportError> => {
  const all = bytesOf(input)
  const from = (at: number): Effect.Effect<void, TransportError> => {
    const next = at + bytes
    const piece = guest.say(all.subarray(at, next))
    if (next >= all.length) return piece
    return Effect.andThen(
      Effect.andThen(piece, waitFor(every)),
      Effect.suspend(() => from(next))
    )
  }
  return all.length === 0 ? Effect.void : from(0)
}
