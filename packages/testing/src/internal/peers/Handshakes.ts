/**
 * Peers that begin a handshake and do not end it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { TransportError } from "tidegate/Errors"
import type { Transport } from "tidegate/Transport"
import { wholeNumber } from "../WholeNumber.ts"
import { clientHello } from "./ClientHello.ts"
import type { Guest } from "./Guest.ts"
import { type Bytes, bytesOf, type Ending, type Seen, type Target, type Wait } from "./PeerOptions.ts"
import { type StayOptions, sayInPieces, stay } from "./Slow.ts"
import { visit } from "./Visit.ts"

/**
 * Options of {@link slowHandshake}.
 *
 * **Shapes**
 *
 * - `handshake`: the bytes that a client would send first; default {@link clientHello}.
 * - `every`: what it waits for between two bytes; default 1 second. An effect is run anew each time.
 * - `until`: how long it stays, from the first byte on, unless the server ends the connection first; default 1 minute.
 *
 * @category options
 * @since 0.1.0
 */
export interface SlowHandshakeOptions extends StayOptions {
  readonly handshake?: Bytes | undefined
  readonly every?: Wait | undefined
}

/**
 * Sends the first bytes of a handshake one by one, and reads; goes with FIN when it is time.
 *
 * **When to use**
 *
 * To see that a handshake has a deadline as a whole: a timeout that each byte renews never fires. `handshake` may be anything that
 * comes before the first frame, such as a PROXY protocol header or a greeting.
 *
 * @category handshakes
 * @source I-L7
 * @since 0.1.0
 */
export const slowHandshake = (
  target: Target,
  options: SlowHandshakeOptions = {}
): Effect.Effect<Seen, never, Transport> =>
  visit(target, options, (guest) => {
    const { every = "1 second", handshake = clientHello } = options
    return stay(guest, sayInPieces(guest, handshake, { bytes: 1, every }), options.until)
  })

/**
 * Options of {@link brokenHandshake}.
 *
 * **Shapes**
 *
 * - `handshake`: the bytes that a client would send first; default {@link clientHello}.
 * - `cutAfter`: how many of them it sends; default half of them.
 * - `garbage`: what it sends in the place of the rest; default nothing.
 * - `finish`: `fin` ends with FIN and reads to the end, `reset` goes with RST, `silence` reads and says nothing more; default `fin`.
 * - `until`: how long the silence lasts, unless the server ends the connection first; default 1 minute.
 *
 * @category options
 * @since 0.1.0
 */
export interface BrokenHandshakeOptions extends StayOptions {
  readonly handshake?: Bytes | undefined
  readonly cutAfter?: number | undefined
  readonly garbage?: Bytes | undefined
  readonly finish?: "fin" | "reset" | "silence" | undefined
}

/**
 * Sends a part of a handshake, then garbage or nothing, and goes or falls silent.
 *
 * **When to use**
 *
 * To see that whoever never gets through a handshake costs its own connection and nothing else.
 *
 * **Errors**
 *
 * - Dies with `InvalidOptions` if `cutAfter` is not a whole number of 0 or more.
 *
 * @category handshakes
 * @source I-L7
 * @since 0.1.0
 */
export const brokenHandshake = (
  target: Target,
  options: BrokenHandshakeOptions = {}
): Effect.Effect<Seen, never, Transport> =>
  Effect.suspend(() => {
    const handshake = bytesOf(options.handshake ?? clientHello)
    const cutAfter = wholeNumber("cutAfter", options.cutAfter ?? Math.floor(handshake.length / 2), { least: 0 })
    return visit(target, options, (guest) => {
      const saying = Effect.andThen(guest.say(handshake.subarray(0, cutAfter)), guest.say(options.garbage ?? ""))
      return goOn(guest, saying, options)
    })
  })

const goOn = (
  guest: Guest,
  saying: Effect.Effect<void, TransportError>,
  { finish = "fin", until }: BrokenHandshakeOptions
): Effect.Effect<Ending> => {
  switch (finish) {
    case "fin":
      return guest.talk(Effect.andThen(saying, guest.connection.end))
    case "reset":
      return Effect.andThen(Effect.ignore(saying), guest.reset)
    case "silence":
      return stay(guest, saying, until)
  }
}
