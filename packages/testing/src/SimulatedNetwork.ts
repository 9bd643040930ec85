/**
 * A simulated network, for tests of servers and protocols under `TestClock`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type { Address, Endpoint } from "tidegate/Address"
import { format } from "tidegate/Address"
import { TransportError } from "tidegate/Errors"
import { type Connection, Transport } from "tidegate/Transport"
import { CurrentRun } from "./CurrentRun.ts"
import { badOption } from "./internal/BadOption.ts"
import type { Count } from "./internal/network/Census.ts"
import * as Deliveries from "./internal/network/Deliveries.ts"
import type { DialFault } from "./internal/network/Dials.ts"
import { errnoName } from "./internal/network/Errnos.ts"
import { addressOf } from "./internal/network/Hosts.ts"
import { Journal } from "./internal/network/Journal.ts"
import { simulated } from "./internal/network/Matching.ts"
import { Network } from "./internal/network/Network.ts"
import { textOfError } from "./internal/simulation/ErrorText.ts"
import { wholeNumber } from "./internal/WholeNumber.ts"
import type { LinkOptions } from "./LinkOptions.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"
import type { NetworkOperation, OperationFault } from "./NetworkFaults.ts"
import type { NetworkOptions } from "./NetworkOptions.ts"
import type { EventAction, EventMatch } from "./NetworkRules.ts"
import { SimulatedConnection } from "./SimulatedConnection.ts"
import type { SimulatedListener } from "./SimulatedListener.ts"

export type { Count } from "./internal/network/Census.ts"
export type { DialFault } from "./internal/network/Dials.ts"

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
 * - `scriptDials(endpoint, fault)`: `silent` never answers, `self` connects the dial to itself, an errno name fails, `undefined` heals.
 * - `quiet`: completes once nothing is under way any more and nobody has sent anything for two turns. Where something takes time
 *   it waits for the clock; what is held does not count.
 * - `link(end, options)`: what is sent from now on goes over another link; keys that are not given stay.
 * - `hold(end)`: nothing arrives at either end until `release(end)`, and then in order.
 * - `cut(end, how)`: a middlebox cuts the connection. `silent`: nothing arrives at either end from now on, and neither is told.
 *   `reset`: what is under way still arrives, then both ends are reset. A dial fails with `ECONNREFUSED` then.
 * - `failOperation(fault)`: one operation fails, see `NetworkFaults`. `operations(kind)`: how many there were so far, so that a
 *   test can go through all of them, one run for each.
 * - `when(match, action)`: does something after an event, see `NetworkRules`.
 * - An `end` is a connection of this network or its label, `c7` or `s7`. Both labels of a dial mean the same wire, from the dial
 *   on. False: no end of it is open.
 *
 * **Limits**
 *
 * - Faults and links of a connection need one of this network; for another one, for what is no label, and for a code that is no
 *   errno name, they die with `InvalidOptions`.
 * - Draws depend on the seed, the address a dial comes from, and which one from there it is. Clients that dial through
 *   transports `from` addresses of their own keep their latencies whoever else comes or goes.
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
    readonly link: (end: Connection | string, options: LinkOptions) => Effect.Effect<boolean>
    readonly hold: (end: Connection | string) => Effect.Effect<boolean>
    readonly release: (end: Connection | string) => Effect.Effect<boolean>
    readonly cut: (end: Connection | string, how: "silent" | "reset") => Effect.Effect<boolean>
    readonly failOperation: (fault: OperationFault) => Effect.Effect<void>
    readonly operations: (kind?: NetworkOperation) => number
    readonly when: (match: EventMatch, action: EventAction) => Effect.Effect<void>
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
  // The network's own fibers are no fibers of the program.
  const context = Context.omit(Metric.FiberRuntimeMetrics)(yield* Effect.context<never>())
  const run = Context.get(context, CurrentRun)
  const deliveries = Deliveries.make(context, (defect) => fail(defect))
  const journal = new Journal({
    deliveries,
    context,
    report: reporterOf(run.network, options.onEvent),
    failed: (defect) => fail(defect)
  })
  const network = new Network(deliveries, journal.record, options, wholeNumber("seed", options.seed ?? run.seed))
  const descriptors =
    options.descriptors === undefined ? undefined : wholeNumber("descriptors", options.descriptors, { least: 1 })
  // A defect in a delivery, for instance of `onEvent`, would otherwise be a test that hangs without a word.
  const lose = (cause?: unknown): void => {
    deliveries.end()
    network.shutdown(cause)
  }
  const fail = (defect: unknown): void => {
    run.network({ event: "networkFailed", reason: textOfError(defect) })
    lose(defect)
  }
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      lose()
      return journal.end
    })
  )
  const onEnd = <A>(end: Connection | string, act: (end: SimulatedConnection | string) => A): Effect.Effect<A> =>
    Effect.sync(() => act(typeof end === "string" ? end : simulated(end)))
  return SimulatedNetwork.of({
    transport: transportOf(network, undefined, descriptors),
    from: (host) => transportOf(network, host, descriptors),
    connections: () => network.connections.list().filter((member) => member instanceof SimulatedConnection),
    listeners: () => network.listeners.list(),
    connectionCount: () => network.connections.count(),
    listenerCount: () => network.listeners.count(),
    quiet: deliveries.quiet,
    scriptAccepts: (codes) => Effect.sync(() => network.scriptAccepts(codes)),
    failListener: (address, code) => Effect.suspend(() => failListener(network, address, code)),
    scriptDials: (endpoint, fault) =>
      Effect.suspend(() => {
        const error = network.dials.script(endpoint, fault)
        return error === undefined ? Effect.void : Effect.fail(error)
      }),
    link: (end, link) => onEnd(end, (own) => network.link(own, link)),
    hold: (end) => onEnd(end, (own) => network.hold(own)),
    release: (end) => onEnd(end, (own) => network.release(own)),
    cut: (end, how) => onEnd(end, (own) => network.cut(own, how)),
    failOperation: (fault) => Effect.sync(() => network.failOperation(fault)),
    operations: (kind) => network.operations.count(kind),
    when: (match, action) => Effect.sync(() => journal.when(match, action))
  })
})

const reporterOf = (
  report: (event: NetworkEvent) => void,
  onEvent: ((event: NetworkEvent) => void) | undefined
): ((event: NetworkEvent) => void) => {
  if (onEvent === undefined) return report
  return (event) => {
    report(event)
    onEvent(event)
  }
}

const transportOf = (
  network: Network,
  from: string | undefined,
  descriptors: number | undefined
): Transport["Service"] =>
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
    dial: (options) => Effect.uninterruptibleMask((restore) => network.dials.dial(options, from).owned(restore)),
    resolve: (endpoint) =>
      Effect.suspend(() => {
        const resolved = network.hosts.resolve("listen", endpoint)
        return resolved instanceof TransportError ? Effect.fail(resolved) : Effect.succeed(addressOf(resolved))
      }),
    descriptors: Effect.sync(() => {
      if (descriptors === undefined) return undefined
      return { limit: descriptors, open: network.connections.count().open + network.listeners.count().open }
    })
  })

const failListener = (network: Network, address: Address, code: string): Effect.Effect<void> => {
  const listener = network.listeners.list().find((listener) => format(listener.address) === format(address))
  if (listener === undefined) {
    return Effect.die(badOption("address", format(address), "one that is listened on"))
  }
  return Effect.sync(() => listener.fail(errnoName("code", code)))
}
