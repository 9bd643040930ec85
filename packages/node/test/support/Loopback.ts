/**
 * The transport under test on loopback, and how to wait for the network without a clock.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { TransportError } from "tidegate/Errors"
import { type Connection, type Listener, type ListenOptions, Transport } from "tidegate/Transport"
import { connectTo, type RawClient, type RawOptions } from "./RawClient.ts"
import { layer } from "./Reads.ts"

export const listen = (options: Partial<ListenOptions> = {}): Effect.Effect<Listener, TransportError, Scope.Scope> =>
  Effect.flatMap(Transport, (transport) => transport.listen({ host: "127.0.0.1", port: 0, ...options })).pipe(
    Effect.provide(layer)
  )

export const dial = (host: string, port: number): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.flatMap(Transport, (transport) => transport.dial({ host, port })).pipe(Effect.provide(layer))

export interface Pair {
  readonly listener: Listener
  readonly client: RawClient
  readonly server: Connection
}

/** One accepted connection and its plain peer. */
export const pair = (
  options: Partial<ListenOptions> = {},
  client: RawOptions = {}
): Effect.Effect<Pair, TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(options)
    const raw = yield* connectTo(listener, client)
    return { listener, client: raw, server: yield* listener.accept }
  })

/** Lets the event loop turn. */
export const turns = (count: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const next = (left: number): void => {
      if (left === 0) resume(Effect.void)
      else setImmediate(next, left - 1)
    }
    next(count)
  })

/** Everything up to the end of the input. */
export const readAll = (connection: Connection): Effect.Effect<Buffer> =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    for (;;) {
      const chunk = connection.takeUnsafe()
      if (chunk !== undefined) chunks.push(chunk)
      else if (connection.inputEnd !== undefined) return Buffer.concat(chunks)
      else yield* connection.readable
    }
  })

/** Bytes that differ from place to place, so that what is moved, lost or doubled shows. */
export const pattern = (length: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}
