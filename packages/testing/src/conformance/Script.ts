/**
 * What a conformance script is, and what it is written with.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { TransportError } from "tidegate/Errors"
import {
  type BufferOptions,
  type Connection,
  type DialerOptions,
  type Listener,
  type ListenOptions,
  Transport
} from "tidegate/Transport"
import { joinedBytes } from "../internal/JoinedBytes.ts"

/**
 * A transport does not do what the seam promises.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConformanceFailure extends Data.TaggedError("ConformanceFailure")<{
  readonly expected: string
  readonly actual: string
}> {
  override get message(): string {
    return `expected ${this.expected}, but ${this.actual}`
  }
}

/**
 * A small program that shows one promise of the seam.
 *
 * **Shapes**
 *
 * - `covers`: the numbers of the checks it covers: `S…`, `B…`, `FF-…`, `I-…`; `B.n` and `D.n` are facts about node:net and
 *   about waiting.
 * - `run`: uses loopback addresses with port 0 only; fails with `ConformanceFailure` or an unexpected `TransportError`; hangs
 *   where something promised never comes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Script {
  readonly name: string
  readonly covers: ReadonlyArray<string>
  readonly run: Effect.Effect<void, ConformanceFailure | TransportError, Transport | Scope.Scope>
}

/**
 * More bytes than the platform takes without the peer reading; default 32 MiB.
 *
 * **When to use**
 *
 * Lower it for a network with small buffers, so that the scripts that fill them stay fast.
 *
 * @category options
 * @since 0.1.0
 */
export const FloodBytes = Context.Reference<number>("@tidegate/testing/conformance/FloodBytes", {
  defaultValue: () => 33_554_432
})

// --- saying what is expected ---

/** Fails unless `holds`. */
export const expect = (holds: boolean, expected: string, actual: string): Effect.Effect<void, ConformanceFailure> =>
  holds ? Effect.void : Effect.fail(new ConformanceFailure({ expected, actual }))

/** Fails unless both are the same value. */
export const expectEqual = (
  what: string,
  actual: unknown,
  expected: unknown
): Effect.Effect<void, ConformanceFailure> =>
  expect(Object.is(actual, expected), `${what} to be ${String(expected)}`, `it is ${String(actual)}`)

/** Fails unless the value is one of several. */
export const expectOneOf = <A>(
  what: string,
  actual: A,
  allowed: ReadonlyArray<A>
): Effect.Effect<void, ConformanceFailure> =>
  expect(allowed.includes(actual), `${what} to be one of ${allowed.join(", ")}`, `it is ${String(actual)}`)

/** Fails unless the bytes are the same, naming the first position that is not. */
export const expectBytes = (
  what: string,
  actual: Uint8Array,
  expected: Uint8Array
): Effect.Effect<void, ConformanceFailure> =>
  Effect.suspend(() => {
    const shared = Math.min(actual.length, expected.length)
    for (let i = 0; i < shared; i++) {
      if (actual[i] !== expected[i]) {
        return expect(false, `${what}: byte ${i} to be ${String(expected[i])}`, `it is ${String(actual[i])}`)
      }
    }
    return expectEqual(`${what}: length`, actual.length, expected.length)
  })

/** Succeeds with the error of an operation that has to fail with one of the codes. */
export const expectError = <A, R>(
  what: string,
  effect: Effect.Effect<A, TransportError | Cause.Done, R>,
  codes: ReadonlyArray<string>
): Effect.Effect<TransportError, ConformanceFailure, R> =>
  Effect.matchEffect(effect, {
    onFailure: (error) =>
      error instanceof TransportError && codes.includes(error.code)
        ? Effect.succeed(error)
        : Effect.fail(
            new ConformanceFailure({
              expected: `${what} to fail with ${codes.join(" or ")}`,
              actual: error instanceof TransportError ? `it failed with ${error.code}` : "it was Done"
            })
          ),
    onSuccess: () =>
      Effect.fail(
        new ConformanceFailure({ expected: `${what} to fail with ${codes.join(" or ")}`, actual: "it succeeded" })
      )
  })

/** What a peer's reset may be called by whoever still writes: which one depends on who notices first. */
export const gone: ReadonlyArray<string> = ["ECONNRESET", "EPIPE"]

// --- a pair of connections ---

/** Both ends of one connection, and the listener between them. */
export interface Pair {
  readonly listener: Listener
  readonly client: Connection
  readonly server: Connection
}

/** Buffer bounds of the two ends, and of the listener. */
export interface PairOptions {
  readonly client?: BufferOptions
  readonly server?: Omit<ListenOptions, "host" | "port">
}

export const listen = (options: Omit<ListenOptions, "host" | "port"> = {}) =>
  Effect.flatMap(Transport, (transport) => transport.listen({ ...options, host: "127.0.0.1", port: 0 }))

export const dial = (listener: Listener, options: DialerOptions = {}) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const port = "port" in listener.address ? listener.address.port : 0
    return yield* transport.dial({ ...options, host: "127.0.0.1", port })
  })

export const connect = (options: PairOptions = {}): Effect.Effect<Pair, TransportError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(options.server)
    const client = yield* dial(listener, options.client)
    const server = yield* listener.accept
    return { listener, client, server }
  })

// --- bytes ---

/** The bytes of an ASCII string. */
export const text = (ascii: string): Uint8Array => Uint8Array.from(ascii, (character) => character.charCodeAt(0))

/** Bytes that differ from place to place, so that what is moved, lost or doubled shows. */
export const pattern = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

/** Everything up to Done. */
export const readAll = (connection: Connection): Effect.Effect<Uint8Array, TransportError> =>
  Effect.map(
    Effect.flatMap(
      Effect.sync(() => [] as Array<Uint8Array>),
      (chunks) =>
        Effect.as(
          connection.read.pipe(
            Effect.tap((chunk) => Effect.sync(() => chunks.push(chunk))),
            Effect.forever({ disableYield: true }),
            Effect.catchIf(Cause.isDone, () => Effect.void)
          ),
          chunks
        )
    ),
    joinedBytes
  )

/** Everything up to the failure that has to come. */
export const readToError = (
  connection: Connection
): Effect.Effect<{ readonly bytes: Uint8Array; readonly error: TransportError }, ConformanceFailure> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    return connection.read.pipe(
      Effect.tap((chunk) => Effect.sync(() => chunks.push(chunk))),
      Effect.forever({ disableYield: true }),
      (reading) => expectError("reading", reading, gone),
      Effect.map((error) => ({ bytes: joinedBytes(chunks), error }))
    )
  })

/** At least `length` bytes, or fewer before Done. */
export const readAtLeast = (connection: Connection, length: number): Effect.Effect<Uint8Array, TransportError> =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    for (let bytes = 0; bytes < length; ) {
      const chunk = yield* connection.read.pipe(Effect.catchIf(Cause.isDone, () => Effect.void))
      if (chunk === undefined) break
      chunks.push(chunk)
      bytes += chunk.length
    }
    return joinedBytes(chunks)
  })

/**
 * Lets the network move on: some round trips on a connection of its own. What a transport does by itself has been done by then,
 * without a clock that a test would have to turn.
 */
export const settle: Effect.Effect<void, TransportError | ConformanceFailure, Transport> = Effect.scoped(
  Effect.gen(function* () {
    const { client, server } = yield* connect()
    for (let round = 0; round < 8; round++) {
      yield* client.write(Uint8Array.of(round))
      yield* server.write(yield* readAtLeast(server, 1))
      yield* expectBytes("the settling round trip", yield* readAtLeast(client, 1), Uint8Array.of(round))
    }
  })
)
