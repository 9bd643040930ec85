/**
 * A simulated network, for tests of servers and protocols under `TestClock`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Address, Endpoint } from "tidegate/Address"
import { format } from "tidegate/Address"
import { InvalidOptions, TransportError } from "tidegate/Errors"
import { type Connection, Transport } from "tidegate/Transport"
import type { Count } from "./internal/network/Census.ts"
import * as Deliveries from "./internal/network/Deliveries.ts"
import { type DialFault, Network } from "./internal/network/Network.ts"
import type { NetworkOptions } from "./NetworkOptions.ts"
import { SimulatedConnection } from "./SimulatedConnection.ts"
import type { SimulatedListener } from "./SimulatedListener.ts"

/**
 * The controls of a simulated network; its transport is what servers and clients use.
 *
 * **When to use**
 *
 * Provide {@link SimulatedNetwork.layer} where a program asks for a `Transport`, and take this service in the test to look at the
 * network or to make it fail.
 *
 * **Shapes**
 *
 * - `transport`: dials come from the loopback address of the target's family.
 * - `from(host)`: a transport whose dials come from that address, for what depends on the peer.
 * - `connections()`, `listeners()`: the open ones, oldest first; `connectionCount()`, `listenerCount()`: opened, closed, open.
 *   A dial that has no answer yet counts as an open connection.
 * - `scriptAccepts(codes)`: what the next accepts of any listener do, one entry each; an errno name fails, `undefined`
 *   succeeds. The connection whose accept fails is reset.
 * - `failListener(address, code)`: the listening socket reports an error by itself.
 * - `scriptDials(endpoint, fault)`: `silence` never answers, an errno name fails, `undefined` heals.
 * - `quiet`: completes once nothing is under way any more and nobody has sent anything for two turns.
 * - `sever(connection)`: nothing arrives at either end from now on, and neither is told.
 * - `failRead(connection, code)`: its next read fails; a temporary code is tried again a turn later, `ETIMEDOUT` closes the
 *   connection with reason `timeout`, any other with `failed`.
 *
 * **Limits**
 *
 * - Faults of a connection need one of this network; for another one they die.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedNetwork extends Context.Service<
  SimulatedNetwork,
  {
    readonly transport: Transport["Service"]
    readonly from: (host: string) => Transport["Service"]
    readonly connections: () => ReadonlyArray<SimulatedConnection>
    readonly listeners: () => ReadonlyArray<SimulatedListener>
    readonly connectionCount: () => Count
    readonly listenerCount: () => Count
    readonly quiet: Effect.Effect<void>
    readonly scriptAccepts: (codes: ReadonlyArray<string | undefined>) => Effect.Effect<void>
    readonly failListener: (address: Address, code: string) => Effect.Effect<void>
    readonly scriptDials: (endpoint: Endpoint, fault: DialFault | undefined) => Effect.Effect<void, TransportError>
    readonly sever: (connection: Connection) => Effect.Effect<void>
    readonly failRead: (connection: Connection, code: string) => Effect.Effect<void>
  }
>()("@tidegate/testing/SimulatedNetwork") {
  /**
   * Makes a network that lives as long as the scope.
   *
   * **Errors**
   *
   * - Dies with `InvalidOptions` for options that cannot be used.
   *
   * @since 0.1.0
   */
  static make(options: NetworkOptions = {}): Effect.Effect<SimulatedNetwork["Service"], never, Scope.Scope> {
    return make(options)
  }

  /**
   * The network as a `Transport`, with its controls.
   *
   * ```ts
   * import * as Effect from "effect/Effect"
   * import { Transport } from "tidegate/Transport"
   * import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
   *
   * const program = Effect.scoped(Effect.gen(function*() {
   *   const transport = yield* Transport
   *   const listener = yield* transport.listen({ host: "127.0.0.1", port: 7000 })
   *   const client = yield* transport.dial({ host: "127.0.0.1", port: 7000 })
   *   const server = yield* listener.accept
   *   yield* client.write(new TextEncoder().encode("hello"))
   *   return new TextDecoder().decode(yield* server.read)
   * }))
   *
   * program.pipe(Effect.provide(SimulatedNetwork.layer()))
   * ```
   *
   * @since 0.1.0
   */
  static layer(options: NetworkOptions = {}): Layer.Layer<SimulatedNetwork | Transport> {
    return Layer.effectContext(
      Effect.map(make(options), (network) =>
        Context.make(SimulatedNetwork, network).pipe(Context.add(Transport, network.transport))
      )
    )
  }
}

const make = Effect.fnUntraced(function* (options: NetworkOptions) {
  // A defect in a delivery, for instance of `onEvent`, would otherwise be a test that hangs without a word.
  const deliveries = yield* Deliveries.make((defect) => network.shutdown(defect))
  const network = new Network(deliveries, options)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      deliveries.end()
      network.shutdown()
    })
  )
  return SimulatedNetwork.of({
    transport: transportOf(network, undefined),
    from: (host) => transportOf(network, host),
    connections: () => network.connections.list().filter((member) => member instanceof SimulatedConnection),
    listeners: () => network.listeners.list(),
    connectionCount: () => network.connections.count(),
    listenerCount: () => network.listeners.count(),
    quiet: deliveries.quiet,
    scriptAccepts: (codes) => Effect.sync(() => network.scriptAccepts(codes)),
    failListener: (address, code) => Effect.suspend(() => failListener(network, address, code)),
    scriptDials: (endpoint, fault) =>
      Effect.suspend(() => {
        const error = network.scriptDials(endpoint, fault)
        return error === undefined ? Effect.void : Effect.fail(error)
      }),
    sever: (connection) => onSimulated(connection, (own) => own.sever()),
    failRead: (connection, code) => onSimulated(connection, (own) => own.failRead(code))
  })
})

const transportOf = (network: Network, from: string | undefined): Transport["Service"] =>
  Transport.of({
    name: "simulated",
    listen: (options) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          const listener = network.listen(options)
          return listener instanceof TransportError ? Effect.fail(listener) : Effect.succeed(listener)
        }),
        (listener) => listener.close
      ),
    dial: (options) => Effect.uninterruptibleMask((restore) => network.dial(options, from).owned(restore))
  })

const failListener = (network: Network, address: Address, code: string): Effect.Effect<void> => {
  const listener = network.listeners.list().find((listener) => format(listener.address) === format(address))
  if (listener === undefined) {
    return Effect.die(
      new InvalidOptions({ issue: `address is ${format(address)}, allowed is one that is listened on` })
    )
  }
  return Effect.sync(() => listener.fail(code))
}

const onSimulated = (connection: Connection, act: (own: SimulatedConnection) => void): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!(connection instanceof SimulatedConnection)) {
      return Effect.die(new InvalidOptions({ issue: "connection is not of a simulated network" }))
    }
    return Effect.sync(() => act(connection))
  })
