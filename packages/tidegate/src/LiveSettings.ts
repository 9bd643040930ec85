/**
 * Limits, deadlines and the shutdown: what can be changed while a server runs. One source of truth for all its generations.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "./OptionChecks.ts"

/**
 * What happens to a connection that comes in while the server is at its limit.
 *
 * - `shed`: it gets the goodbye, if there is one, then FIN and a lingering close. `wait`: it waits for a slot, first come first
 *   served, also behind the FIN of a peer that has sent something. `reset`: RST.
 *
 * @category models
 * @since 0.1.0
 */
export type AtLimit = "shed" | "wait" | "reset"

/**
 * What happens to the connections when the listening socket dies.
 *
 * - `abort`: they are aborted, and the server stops. `drain`: they are drained, and the server stops. `relisten`: they live on
 *   and the same address is bound again: at once, then after 5 ms, doubled up to every second, until it can be.
 * - With an inherited socket (`fd`) `relisten` does what `drain` does: its descriptor is gone, and nobody could bind it again.
 *
 * @category models
 * @source S38, S41, B16
 * @since 0.1.0
 */
export type OnListenerLost = "abort" | "drain" | "relisten"

/**
 * Options that can be changed while the server runs.
 *
 * **Shapes**
 *
 * Limits (`Infinity` is none, 0 takes nobody):
 * - `maxConnections`: served at once, by all generations together; default `Infinity`. Exact, and never more than there are file
 *   descriptors for. Raised, it admits exactly the difference; lowered, it ends nobody, and admits nobody before enough have gone.
 *   It cannot keep clients from connecting: the platform accepts before anybody is asked, so at the limit they connect and then
 *   wait or are turned away.
 * - `atLimit`: default `shed`. `goodbye`: what a shed connection gets to read before FIN; default nothing. At most 256 are being
 *   said goodbye to at once, fewer where file descriptors are few; who is shed beyond that is reset.
 * - `maxWaiting`: connections that wait for a slot; default 1024; more are shed. `waitTimeout`: how long one waits before it is
 *   shed; default 5 seconds. What one sends meanwhile is kept for its handler, up to `readAheadBytes`. One that has sent
 *   something and then FIN still waits for its replies: it keeps its place, and its handler reads the data, then EOF. One that
 *   resets, or ends without having sent a byte, leaves at once; a reset behind a FIN is noticed where the platform tells of it.
 * - `maxPerPeer`: served or waiting at once for one IP address; default `Infinity`. More are shed, or reset with
 *   `atLimit: "reset"`; none waits because of it. Peers on a Unix domain socket have no address, and are not counted. Behind a
 *   balancer it is the address in the PROXY header that counts.
 * - `maxHandshaking`: connections whose PROXY header is awaited; default 1024. They take no place of `maxConnections`. Where all
 *   places are taken, the one that has been silent for longest makes room for a newcomer; if all have sent something, the newcomer
 *   is turned away.
 * - `pressureThreshold`: connections at which the `Pressure` event comes; default four fifths of the limit.
 *   `pressureCooldown`: the least time between two, and between two log lines about connections that are shed; default 10 seconds.
 * - `maxDrainingGenerations`: generations that drain at once; default 2. One more restart cuts the oldest one's patience.
 * - `firstRequestTimeout`: for how long, from when it was accepted, a connection may still send its first request after a restart has
 *   replaced its generation; default 1 second. Answered, or when that time is over, it is drained; 0: at once. No restart cuts it
 *   before, and it never takes of the drain timeout what `closeTimeout`, up to half of it, is for. A shutdown waits for nobody.
 *
 * Deadlines of a connection (`"Infinity"` is none, 0 as soon as can be; each has an end reason of its own). At the deadline the
 * connection is drained: what is owed is sent, then FIN. One whose handler has not ended `closeTimeout` later is aborted; with work
 * in hand (`frameTimeout`, `maxAge`) it may take `drainTimeout`. In a drain only the write stall counts.
 * - `handshakeTimeout`: from accept to the last byte of the PROXY header, however often a byte comes; default 5 seconds. Then it is
 *   reset; it was never served.
 * - `firstByteTimeout`: how long a peer may be waited for before its first byte; default `"Infinity"`, since `idleTimeout` covers
 *   that too.
 * - `idleTimeout`: no byte *received* for; default 60 seconds. Our own bytes do not count. It stands still while frames are in
 *   flight or a raw handler does anything but wait for input, and while the answer is on its way: that is looked at once in each
 *   `idleTimeout`. Behind a balancer that keeps connections to reuse them it has to be longer than the balancer's own, or a
 *   request now and then meets a FIN. A connection can have its own: `setIdleTimeout`, `expectWithin`.
 * - `frameTimeout`: from a frame's first byte to its last, however often a byte comes; default 30 seconds. It does not count
 *   while this side does not read.
 * - `writeStallTimeout`: for how long a peer may take none of the bytes that wait for it; default 30 seconds; then it is aborted.
 *   Exact for who waits to write; else looked at once in each timeout, so that it may take two.
 * - `halfCloseTimeout`: from the peer's FIN to the end of the handler; default 30 seconds. For a FIN that came while it waited for
 *   a slot it counts from the slot on.
 * - `maxAge`: after which a connection is drained; default `"Infinity"`. `maxAgeJitter`: up to so much is added, drawn for each
 *   connection; default a tenth of `maxAge`.
 *
 * Shutdown:
 * - `drainTimeout`: the whole budget of a graceful shutdown; then what is left is aborted. Default 30 seconds. `"Infinity"` waits
 *   for ever: one connection that never ends then holds it for ever.
 * - `drainDelay`: the part of it, at its beginning, in which the server goes on accepting; default 0. It ends early when nobody
 *   has come for `quietInterval`; default 2 seconds. As much as `closeTimeout`, up to half the budget, is kept free of it.
 * - `drainJitter`: the closes of idle connections are spread over so much of the budget; default 0. It has to be finite.
 * - `closeTimeout`: how long a peer may take none of the bytes that it is owed at the end of its connection; default 5 seconds.
 * - `lingerTimeout`: how long a peer may leave its FIN out after this side's; default 2 seconds. `maxLingerBytes`: what it may
 *   still send meanwhile; default 1 MiB.
 * - `onListenerLost`: default `abort`.
 *
 * @category options
 * @source FF-05, FF-18, FF-31, FF-39…FF-44, FF-49, FF-92, FF-93, FF-95
 * @since 0.1.0
 */
export interface LiveOptions {
  readonly maxConnections?: number | undefined
  readonly atLimit?: AtLimit | undefined
  readonly goodbye?: string | Uint8Array | undefined
  readonly maxWaiting?: number | undefined
  readonly waitTimeout?: Duration.Input | undefined
  readonly maxPerPeer?: number | undefined
  readonly maxHandshaking?: number | undefined
  readonly pressureThreshold?: number | undefined
  readonly pressureCooldown?: Duration.Input | undefined
  readonly maxDrainingGenerations?: number | undefined
  readonly firstRequestTimeout?: Duration.Input | undefined
  readonly handshakeTimeout?: Duration.Input | undefined
  readonly firstByteTimeout?: Duration.Input | undefined
  readonly idleTimeout?: Duration.Input | undefined
  readonly frameTimeout?: Duration.Input | undefined
  readonly writeStallTimeout?: Duration.Input | undefined
  readonly halfCloseTimeout?: Duration.Input | undefined
  readonly maxAge?: Duration.Input | undefined
  readonly maxAgeJitter?: Duration.Input | undefined
  readonly drainTimeout?: Duration.Input | undefined
  readonly drainDelay?: Duration.Input | undefined
  readonly quietInterval?: Duration.Input | undefined
  readonly drainJitter?: Duration.Input | undefined
  readonly closeTimeout?: Duration.Input | undefined
  readonly lingerTimeout?: Duration.Input | undefined
  readonly maxLingerBytes?: number | undefined
  readonly onListenerLost?: OnListenerLost | undefined
}

/** {@link LiveOptions} with every default filled in; durations in milliseconds. */
export interface LiveSettings {
  readonly maxConnections: number
  readonly atLimit: AtLimit
  readonly goodbye: Uint8Array
  readonly maxWaiting: number
  readonly waitTimeout: number
  readonly maxPerPeer: number
  readonly maxHandshaking: number
  readonly pressureThreshold: number | undefined
  readonly pressureCooldown: number
  readonly maxDrainingGenerations: number
  readonly firstRequestTimeout: number
  readonly handshakeTimeout: number
  readonly firstByteTimeout: number
  readonly idleTimeout: number
  readonly frameTimeout: number
  readonly writeStallTimeout: number
  readonly halfCloseTimeout: number
  readonly maxAge: number
  readonly maxAgeJitter: number
  readonly drainTimeout: number
  readonly drainDelay: number
  readonly quietInterval: number
  readonly drainJitter: number
  readonly closeTimeout: number
  readonly lingerTimeout: number
  readonly maxLingerBytes: number
  readonly onListenerLost: OnListenerLost
}

/** The settings in force; everybody who needs one looks here at the moment of need. */
export interface LiveCell {
  current: LiveSettings
}

const isBytes = (u: unknown): boolean => typeof u === "string" || u instanceof Uint8Array

/** The checks of {@link LiveOptions}, one a key. */
export const liveFields = {
  maxConnections: Option.limit,
  atLimit: Option.oneOf("shed", "wait", "reset"),
  goodbye: Option.optional("a text or a Uint8Array", isBytes),
  maxWaiting: Option.limit,
  waitTimeout: Option.duration,
  maxPerPeer: Option.limit,
  maxHandshaking: Option.limit,
  pressureThreshold: Option.limit,
  pressureCooldown: Option.duration,
  maxDrainingGenerations: Option.count,
  firstRequestTimeout: Option.duration,
  handshakeTimeout: Option.duration,
  firstByteTimeout: Option.duration,
  idleTimeout: Option.duration,
  frameTimeout: Option.duration,
  writeStallTimeout: Option.duration,
  halfCloseTimeout: Option.duration,
  maxAge: Option.duration,
  maxAgeJitter: Option.duration,
  drainTimeout: Option.duration,
  drainDelay: Option.duration,
  quietInterval: Option.duration,
  drainJitter: Option.finiteDuration,
  closeTimeout: Option.duration,
  lingerTimeout: Option.duration,
  maxLingerBytes: Option.bytesOrNone,
  onListenerLost: Option.oneOf("abort", "drain", "relisten")
}

const millis = (input: Duration.Input | undefined, fallback: number): number =>
  input === undefined ? fallback : Duration.toMillis(Duration.fromInputUnsafe(input))

/** Fills in the defaults; the options were checked before. */
export const liveSettings = (options: LiveOptions): LiveSettings => ({
  ...limits(options),
  ...deadlines(options),
  ...shutdown(options)
})

const limits = (options: LiveOptions) => ({
  maxConnections: options.maxConnections ?? Infinity,
  atLimit: options.atLimit ?? "shed",
  goodbye: typeof options.goodbye === "string" ? encoder.encode(options.goodbye) : (options.goodbye ?? noBytes),
  maxWaiting: options.maxWaiting ?? 1024,
  waitTimeout: millis(options.waitTimeout, 5000),
  maxPerPeer: options.maxPerPeer ?? Infinity,
  maxHandshaking: options.maxHandshaking ?? 1024,
  pressureThreshold: options.pressureThreshold,
  pressureCooldown: millis(options.pressureCooldown, 10_000),
  maxDrainingGenerations: options.maxDrainingGenerations ?? 2,
  firstRequestTimeout: millis(options.firstRequestTimeout, 1000)
})

const encoder = new TextEncoder()
const noBytes = new Uint8Array(0)

const deadlines = (options: LiveOptions) => {
  const maxAge = millis(options.maxAge, Infinity)
  return {
    handshakeTimeout: millis(options.handshakeTimeout, 5000),
    firstByteTimeout: millis(options.firstByteTimeout, Infinity),
    idleTimeout: millis(options.idleTimeout, 60_000),
    frameTimeout: millis(options.frameTimeout, 30_000),
    writeStallTimeout: millis(options.writeStallTimeout, 30_000),
    halfCloseTimeout: millis(options.halfCloseTimeout, 30_000),
    maxAge,
    maxAgeJitter: millis(options.maxAgeJitter, maxAge === Infinity ? 0 : maxAge / 10)
  }
}

const shutdown = (options: LiveOptions) => ({
  drainTimeout: millis(options.drainTimeout, 30_000),
  drainDelay: millis(options.drainDelay, 0),
  quietInterval: millis(options.quietInterval, 2000),
  drainJitter: millis(options.drainJitter, 0),
  closeTimeout: millis(options.closeTimeout, 5000),
  lingerTimeout: millis(options.lingerTimeout, 2000),
  maxLingerBytes: options.maxLingerBytes ?? 1_048_576,
  onListenerLost: options.onListenerLost ?? "abort"
})
