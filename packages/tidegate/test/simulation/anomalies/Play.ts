/**
 * Plays a scene, with operations that fail.
 */
import { note } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { NetworkOperation, OperationFault } from "@tidegate/testing/NetworkFaults"
import type { Seen } from "@tidegate/testing/Peers"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { must } from "@tidegate/testing/Violation"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Record from "effect/Record"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { type InvalidOptions, TransportError } from "tidegate/Errors"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { codes } from "./Anomaly.ts"
import type { Act, End, Scene } from "./Scene.ts"

/**
 * What an act has led to.
 *
 * - `refused`: the code with which its server failed to start.
 */
export interface ActAccount {
  readonly server: "stopped" | "lost" | "never started"
  readonly refused: string | undefined
  /** Milliseconds from its beginning to its end, or, if it never started, 0. */
  readonly took: number
  readonly seen: ReadonlyArray<Seen>
}

export interface Account {
  readonly acts: ReadonlyArray<ActAccount>
  /** How many there were of each kind. */
  readonly operations: Readonly<Record<NetworkOperation, number>>
  /** Where dials came from, by their number. One that fails at once is not there. */
  readonly dials: ReadonlyMap<number, string>
}

export const play = Effect.fnUntraced(function* (scene: Scene, faults: ReadonlyArray<OperationFault>) {
  const dials = new Map<number, string>()
  const network = yield* SimulatedNetwork.make({
    ...scene.network,
    linkOf: ({ from, number }) => void dials.set(number, from)
  })
  yield* Effect.forEach(faults, network.failOperation)
  const acts: Array<ActAccount> = []
  let peers = 0
  for (const act of scene.acts) {
    acts.push(yield* playAct(act, network, peers))
    peers += act.peers.length
  }
  yield* network.quiet
  must("I-S2", network.connectionCount().open === 0, () => `open: ${labels(network).join(" ")}`)
  must("I-S2", network.listenerCount().open === 0, () => "a listener is open")
  return { acts, operations: Record.map(codes, (_, kind) => network.operations(kind)), dials } satisfies Account
})

/** Where the peers live, so that their dials can be told apart in whatever order they come. */
export const hostOf = (peer: number): string => `10.0.0.${peer + 1}`

/** Notes in the trace. */
export const begins = "an act begins"
export const asked = "an end is asked for"

/** Where servers live. */
export const ownHost = "127.0.0.1"

const endpoint = { host: ownHost, port: 7 }

/** Whose doing a dial from there is: what a server dials it does for the first peer. */
export const peerAt = (host: string): number =>
  host === ownHost ? 0 : Number(host.slice(host.lastIndexOf(".") + 1)) - 1

const labels = (network: SimulatedNetwork["Service"]): ReadonlyArray<string> =>
  network.connections().map(({ label }) => label)

const playAct = Effect.fnUntraced(function* (act: Act, network: SimulatedNetwork["Service"], peersBefore: number) {
  const owner = yield* Scope.make()
  const census = new FiberCensus()
  yield* note(begins)
  const beganAt = yield* Clock.currentTimeMillis
  const visits = yield* Effect.forEach(act.peers, ({ at, visit }, peer) =>
    Effect.sleep(at + 1).pipe(
      Effect.andThen(visit(endpoint)),
      Effect.provideService(Transport, network.from(hostOf(peersBefore + peer))),
      Effect.forkChild
    )
  )
  const started = yield* Effect.exit(startServer(act, network, owner, census))
  let ended: ActAccount["server"] = "never started"
  let took = 0
  if (Exit.isSuccess(started)) {
    ended = yield* serve(started.value, act, owner)
    took = (yield* Clock.currentTimeMillis) - beganAt
    nothingIsLeft(network, yield* started.value.info)
  }
  yield* note(`server ${ended}`)
  const seen = yield* Effect.forEach(visits, (visit) => Fiber.join(visit))
  yield* Scope.close(owner, Exit.void)
  must("I-S3", census.alive === 0, () => `${census.alive} fibers of the server are alive`)
  const refused = Exit.isFailure(started) ? codeOf(started.cause) : undefined
  return { server: ended, refused, took, seen } satisfies ActAccount
})

const codeOf = (cause: Cause.Cause<TransportError | InvalidOptions>): string => {
  const error = Cause.squash(cause)
  return error instanceof TransportError ? error.code : String(error)
}

const startServer = (act: Act, network: SimulatedNetwork["Service"], owner: Scope.Closeable, census: FiberCensus) =>
  Server.make({ ...noDeadlines, ...act.server, ...endpoint }).pipe(
    Scope.provide(owner),
    census.within,
    Effect.provideService(Transport, network.transport),
    Effect.provideService(References.MinimumLogLevel, "None")
  )

const serve = Effect.fnUntraced(function* (server: Server.Server["Service"], act: Act, owner: Scope.Closeable) {
  // A server that is lost has stopped before its end is asked for.
  const ask = Effect.flatMap(server.info, ({ state }) => (state === "stopped" ? Effect.void : note(asked)))
  for (const at of act.restarts ?? []) {
    // One that comes too late fails, and changes nothing.
    yield* Effect.forkChild(Effect.andThen(Effect.sleep(at), Effect.ignore(server.restart())))
  }
  for (const end of act.ends) {
    const late = Effect.andThen(ask, effectOf(end, server, owner))
    yield* Effect.forkChild(Effect.andThen(Effect.sleep(end.at), late))
  }
  const exit = yield* Effect.exit(server.stopped)
  return Exit.isSuccess(exit) ? "stopped" : "lost"
})

const nothingIsLeft = (network: SimulatedNetwork["Service"], info: Server.ServerInfo): void => {
  const open = labels(network).filter((label) => label.startsWith("s"))
  must("I-S2", open.length === 0, () => `open when the server had stopped: ${open.join(" ")}`)
  must("I-S2", network.listenerCount().open === 0, () => "a listener is open when the server has stopped")
  const { accepted, connections, ended, inFlight, state } = info
  const gauges = `${state}, ${accepted} accepted, ${ended} ended, ${connections} live, ${inFlight} in flight`
  must("I-S10", accepted === ended && connections === 0 && inFlight === 0 && state === "stopped", () => gauges)
}

const effectOf = (end: End, server: Server.Server["Service"], owner: Scope.Closeable): Effect.Effect<unknown> => {
  switch (end.kind) {
    case "drain":
      return server.shutdown({ drainTimeout: end.within })
    case "hard stop":
      return server.hardShutdown
    case "close scope":
      return Scope.close(owner, Exit.void)
  }
}
