/**
 * One connection of a simulated network with both of its ends, and no server.
 */

import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { portOf } from "tidegate/Address"
import { Connection } from "tidegate/Connection"
import type { TransportError } from "tidegate/Errors"
import type { BufferOptions, Connection as TransportConnection } from "tidegate/Transport"

export interface Pair {
  readonly network: SimulatedNetwork["Service"]
  /** The accepted end, as a handler and its close ladder see it. */
  readonly connection: Connection
  /** The accepted end, as the transport has it. */
  readonly server: TransportConnection
  readonly client: TransportConnection
}

/** One byte everywhere: whatever depends on how bytes are cut or on a full buffer shows. */
export const oneByteBuffers = {
  link: { sendBufferBytes: 1, receiveBufferBytes: 1, segmentBytes: 1, readBytes: 1 }
}

/** The buffers of `options` are those of the accepted end; the client reads one chunk ahead at most. */
export const pair = (options: NetworkOptions & BufferOptions = {}): Effect.Effect<Pair, TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const network = yield* SimulatedNetwork.make(options)
    const listener = yield* network.transport.listen({ ...options, host: "127.0.0.1", port: 0 })
    const client = yield* network.transport.dial({
      host: "127.0.0.1",
      port: portOf(listener.address) ?? 0,
      readAheadBytes: 1
    })
    const server = yield* listener.accept
    return { network, connection: new Connection(1, server), server, client }
  })

/** Everything that arrives until the end of the input, as one array, whatever kind of end it is. */
export const received = (connection: TransportConnection): Effect.Effect<ReadonlyArray<number>> =>
  Effect.suspend(() => {
    const all: Array<number> = []
    const more: Effect.Effect<ReadonlyArray<number>> = Effect.matchEffect(connection.read, {
      onSuccess: (chunk) => {
        all.push(...chunk)
        return more
      },
      onFailure: () => Effect.succeed(all)
    })
    return more
  })
