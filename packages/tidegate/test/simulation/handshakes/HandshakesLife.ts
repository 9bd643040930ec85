/**
 * Lives a scenario behind a balancer, from the first listen to the last descriptor.
 */
import { CurrentRun, type Run } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { Client } from "../../Client.ts"
import { text } from "../../support/Behaviour.ts"
import { balancer, proxyProtocol, stranger } from "../../support/Forwarded.ts"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { untilEnd } from "../../support/Watching.ts"
import { endOf } from "../Services.ts"
import type { HandshakesNote } from "./HandshakesNotes.ts"
import { type ForwardedClient, type HandshakesScenario, linesOf, piecesOf } from "./HandshakesScenario.ts"

const endpoint = { host: "127.0.0.1", port: 7000 }

/** How long clients may take to see their end after the server has stopped. */
const patience = 120_000

type Notes = (note: HandshakesNote) => void

export const liveBehindABalancer = Effect.fnUntraced(function* (scenario: HandshakesScenario) {
  const run = yield* CurrentRun
  const note: Notes = ({ about, note }) => run.note(note, about)
  const network = yield* SimulatedNetwork.make({
    link: { segmentBytes: scenario.segmentBytes, latency: scenario.latency }
  })
  const traced = yield* EventSink
  const owner = yield* Scope.make()
  const census = new FiberCensus()
  const server = yield* Server.make(optionsOf(scenario, telling(note))).pipe(
    Scope.provide(owner),
    Effect.provideService(Transport, network.transport),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.provideService(EventSink, (event) => {
      traced(event)
      meet(event, run)
    }),
    census.within
  )
  const clients = yield* Effect.forEach(scenario.clients, (plan, client) =>
    Effect.forkScoped(Effect.scoped(visit(plan, client, scenario.amount, network, note)))
  )
  const restarting = yield* Effect.forkScoped(restart(scenario, server, run))
  yield* Effect.sleep(scenario.lasts)
  yield* Fiber.interrupt(restarting)
  const { handshakesFailed: failed, handshaking } = yield* server.info
  note({ note: "looks", about: { handshaking, failed } })
  note({ note: "ends", about: { how: scenario.end } })
  yield* scenario.end === "hard" ? server.hardShutdown : server.shutdown({ drainTimeout: 60_000 })
  const left = network.connections().filter(({ label }) => label.startsWith("s")).length
  note({ note: "returned", about: { fibers: census.alive, connections: left } })
  yield* Effect.timeoutOption(Fiber.joinAll(clients), patience)
  yield* Scope.close(owner, Exit.void)
})

const optionsOf = (
  { handshakeTimeout, maxConnections, maxHandshaking }: HandshakesScenario,
  handler: Handler.Handler<unknown>
) => ({
  ...endpoint,
  ...noDeadlines,
  proxyProtocol,
  handshakeTimeout,
  maxConnections,
  maxHandshaking,
  atLimit: "wait" as const,
  waitTimeout: "Infinity" as const,
  handler
})

const telling = (note: Notes): Handler.Handler<unknown> =>
  Handler.frames({ codec: text }, (line, connection: Connection) => {
    const ends = `${format(connection.peer)} ${format(connection.local)}`
    note({ note: "frame", about: { end: endOf(connection.transport), ends, line } })
    return Effect.succeed(line)
  })

const meet = (event: ServerEvent, run: Run): void => {
  if (event._tag === "HandshakeFailed") run.sometimes(`handshake: ${event.because}`)
  if (event._tag === "ConnectionOpened") run.sometimes(event.via === undefined ? "its own connection" : "forwarded")
}

const restart = Effect.fnUntraced(function* (scenario: HandshakesScenario, server: Server.Server["Service"], run: Run) {
  for (const at of scenario.restarts.toSorted((a, b) => a - b)) {
    yield* Effect.sleep(Math.max(0, at - (yield* Clock.currentTimeMillis)))
    const { handshaking } = yield* server.info
    if (handshaking > 0) run.sometimes("restart during a handshake")
    yield* Effect.exit(server.restart())
  }
})

const visit = Effect.fnUntraced(function* (
  plan: ForwardedClient,
  client: number,
  amount: number,
  network: SimulatedNetwork["Service"],
  note: Notes
) {
  yield* Effect.sleep(plan.at)
  const host = plan.by === "balancer" ? balancer : stranger
  const dialled = yield* Effect.exit(network.from(host).dial(endpoint))
  if (Exit.isFailure(dialled)) return
  const connection = dialled.value
  const end = connection instanceof SimulatedConnection ? connection.label.replace("c", "s") : "of another network"
  note({ note: "dialled", about: { client, end, address: format(connection.local) } })
  for (const piece of piecesOf(plan, client, amount)) {
    yield* Effect.sleep(plan.pause)
    note({ note: "sends", about: { client, bytes: piece.length } })
    yield* Effect.ignore(connection.write(piece))
  }
  const peer = new Client(connection)
  let answers = ""
  if (plan.manner === "answered") {
    for (const _ of linesOf(plan, client, amount)) answers += (yield* peer.line) ?? ""
  }
  if (plan.manner !== "stays") {
    note({ note: "goes", about: { client } })
    yield* plan.manner === "resets" ? connection.abort : connection.end
  }
  const { ending, text } = yield* untilEnd(peer)
  note({ note: "sees", about: { client, text: answers + text, ending } })
})
