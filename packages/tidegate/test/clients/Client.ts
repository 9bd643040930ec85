/**
 * Clients of one target on the simulated network, under the test clock.
 */
import { assert, it } from "@effect/vitest"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AddressResolver from "effect/net/AddressResolver"
import * as Dns from "effect/net/Dns"
import type * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import type { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import { type Listener, Transport, type Connection as Wire } from "tidegate/Transport"
import { serve, text } from "../support/Behaviour.ts"
import { noDeadlines } from "../support/NoDeadlines.ts"

/** Where everything listens. */
export const target = { host: "127.0.0.1", port: 7 }

type Needs = SimulatedNetwork | Transport | AddressResolver.AddressResolver | Scope.Scope

const names = AddressResolver.layer().pipe(Layer.provide(Layer.orDie(Dns.layerStatic({}))))

export const provided = <A, E>(run: Effect.Effect<A, E, Needs>, options: NetworkOptions = {}) =>
  Effect.provide(run, Layer.merge(SimulatedNetwork.layer(options), names))

/** A test on a network of its own. */
export const onNetwork = <E>(name: string, run: Effect.Effect<void, E, Needs>, options: NetworkOptions = {}): void => {
  it.effect(name, () => provided(run, options))
}

/** More turns than anything on the simulated network takes without the clock. */
export const atRest = Effect.repeat(Effect.yieldNow, { times: 100 })

export const bytes = (line: string): Uint8Array => new TextEncoder().encode(line)
export const textOf = (chunk: Uint8Array): string => new TextDecoder().decode(chunk)

/** Answers each line in capitals. */
const capitals = Handler.frames({ codec: text }, (line) => Effect.succeed(line.toUpperCase()))

/** A server of lines at the target. */
export const server = (options: Parameters<typeof serve>[1] = {}) =>
  Effect.map(serve(capitals, { ...noDeadlines, ...target, ...options }), (running) => running.server)

/** Who accepts by hand; `accepted` are the connections so far. */
interface Acceptor {
  readonly listener: Listener
  readonly accepted: ReadonlyArray<Wire>
}

const accepting = (greet: (wire: Wire) => void): Effect.Effect<Acceptor, TransportError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const listener = yield* transport.listen(target)
    const accepted: Array<Wire> = []
    const accept = Effect.map(listener.accept, (wire) => {
      accepted.push(wire)
      greet(wire)
    })
    yield* Effect.forkScoped(Effect.ignore(Effect.forever(accept)), { startImmediately: true })
    return { listener, accepted }
  })

/** The n-th connection that was accepted, counted from 0, or from the last one with -1. */
export const nth = ({ accepted }: Acceptor, at: number): Wire => {
  const wire = accepted.at(at)
  assert.isDefined(wire, `connection ${at} of ${accepted.length}`)
  return wire
}

/** One request, and what one read gives then. */
export const ask = (connection: Connection, line = "hi") =>
  Effect.andThen(connection.write(bytes(`${line}\n`)), Effect.map(connection.read, textOf))

/** Who accepts and reads nothing. */
export const byHand = accepting(() => {})

/** Who accepts and takes in whatever comes, so that a FIN is seen too. */
export const attentive = accepting((wire) => wire.onInputUnsafe(() => {}))

/** The sockets of the dialling side that are not closed: attempts without an answer, and connections. */
export const openDials = Effect.map(SimulatedNetwork, (network) => {
  const ends = network.connections()
  const ofServer = ends.filter(({ label }) => label.startsWith("s")).length
  return network.connectionCount().open - ofServer
})

export const assertNothingOpen = Effect.gen(function* () {
  yield* atRest
  assert.strictEqual(yield* openDials, 0, "sockets of the client that are open")
})
