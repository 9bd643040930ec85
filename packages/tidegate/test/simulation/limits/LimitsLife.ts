/**
 * Lives a scenario with limits, from the first listen to the last descriptor.
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
import { type Address, format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { Client } from "../../Client.ts"
import { text } from "../../support/Behaviour.ts"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { untilEnd } from "../../support/Watching.ts"
import { hostOf } from "../Hosts.ts"
import type { LimitsNote } from "./LimitsNotes.ts"
import { goodbye, type LimitedClient, type LimitsPlan, type LimitsScenario, lineOf } from "./LimitsScenario.ts"

const endpoint = { host: "127.0.0.1", port: 7000 }

/** How long clients may take to see their end after the server has stopped. */
const patience = 120_000

export const liveWithLimits = Effect.fnUntraced(function* (scenario: LimitsScenario) {
  const run = yield* CurrentRun
  const note = ({ about, note }: LimitsNote): void => run.note(note, about)
  const linkOf = ({ number }: { readonly number: number }) => ({ latency: scenario.clients[number - 1]?.latency ?? 0 })
  const network = yield* SimulatedNetwork.make({ linkOf })
  const census = new FiberCensus()
  const owner = yield* Scope.make()
  const handler = working(note, run)
  note({ note: "changes", about: scenario.limits })
  const server = yield* census.within(made(Server.make(optionsOf(scenario.limits, handler)), network, owner, run))
  note({ note: "changed", about: {} })
  const clients = yield* Effect.forEach(scenario.clients, (plan, client) =>
    Effect.forkScoped(Effect.scoped(visit(plan, client, network, note)))
  )
  // One after the other, so that it is known which are in force.
  const changing = yield* Effect.forkScoped(
    Effect.forEach(
      Array.from(scenario.changes).sort((a, b) => a.at - b.at),
      ({ at, by, limits }) =>
        Effect.gen(function* () {
          yield* Effect.sleep(Math.max(0, at - (yield* Clock.currentTimeMillis)))
          const { parked } = yield* server.info
          if (parked > 0) run.sometimes(`${by} while somebody waits`)
          note({ note: "changes", about: limits })
          if (by === "reload") yield* Effect.exit(server.reload(limits))
          else yield* Effect.exit(server.restart(optionsOf(limits, handler)))
          note({ note: "changed", about: {} })
        })
    )
  )
  yield* Effect.sleep(scenario.lasts)
  yield* Fiber.interrupt(changing)
  note({ note: "asks", about: {} })
  const { connections, parked, shed } = yield* server.info
  note({ note: "info", about: { connections, parked, shed } })
  note({ note: "ends", about: { how: scenario.end } })
  const end =
    scenario.end === "hard"
      ? server.hardShutdown
      : server.shutdown({ drainTimeout: scenario.end === "drain" ? 60_000 : 1 })
  const report = yield* end
  const left = network.connections().filter(({ label }) => label.startsWith("s")).length
  note({ note: "returned", about: { fibers: census.alive, connections: left, shed: report.shed } })
  yield* Effect.timeoutOption(Fiber.joinAll(clients), patience)
  yield* Scope.close(owner, Exit.void)
})

const optionsOf = (limits: LimitsPlan, handler: Handler.Handler<unknown>) =>
  ({
    ...endpoint,
    ...noDeadlines,
    ...limits,
    handler,
    goodbye,
    pressureThreshold: 2,
    pressureCooldown: 20
  }) as const

const made = <A, E>(
  server: Effect.Effect<A, E, Transport | Scope.Scope>,
  network: SimulatedNetwork["Service"],
  owner: Scope.Closeable,
  run: Run
): Effect.Effect<A, E> =>
  Effect.flatMap(EventSink, (traced) =>
    server.pipe(
      Scope.provide(owner),
      Effect.provideService(Transport, network.transport),
      Effect.provideService(EventSink, (event) => {
        traced(event)
        meet(event, network, run.sometimes)
      }),
      Effect.provideService(References.MinimumLogLevel, "None")
    )
  )

const meet = (event: ServerEvent, network: SimulatedNetwork["Service"], reached: (situation: string) => void): void => {
  if (event._tag === "ConnectionShed") reached(`shed: ${event.because}`)
  if (event._tag === "ConnectionParked" || event._tag === "Pressure") reached(event._tag)
  // Nobody reads from a connection before it is opened but the waiting room.
  if (event._tag === "ConnectionOpened" && hasHalfClosed(event.peer, network)) reached("served behind its FIN")
}

const hasHalfClosed = (peer: Address, network: SimulatedNetwork["Service"]): boolean =>
  network.connections().some(({ label, peerEnded, remote }) => {
    return label.startsWith("s") && peerEnded && format(remote) === format(peer)
  })

/** Answers each line with itself, after as long as the line says. */
const working = (note: (note: LimitsNote) => void, run: Run): Handler.Handler<unknown> =>
  Handler.frames({ codec: text }, (line, connection: Connection) => {
    const [, how, work] = line.split(" ")
    const answer = Effect.as(Effect.sleep(Number(work)), line)
    if (how !== "detached") return answer
    run.sometimes("slot given back")
    note({ note: "detaches", about: { id: connection.id } })
    // What `releaseSlot` does, in the step of the note.
    connection.slot?.releaseUnsafe()
    return answer
  })

const visit = Effect.fnUntraced(function* (
  plan: LimitedClient,
  client: number,
  network: SimulatedNetwork["Service"],
  note: (note: LimitsNote) => void
) {
  yield* Effect.sleep(plan.at)
  const dialled = yield* Effect.exit(network.from(hostOf(plan.peer)).dial(endpoint))
  if (Exit.isFailure(dialled)) return
  const connection = dialled.value
  const end = connection instanceof SimulatedConnection ? connection.label : "of another network"
  note({ note: "dialled", about: { client, end, address: format(connection.local) } })
  const peer = new Client(connection)
  const line = lineOf(plan, client)
  if (line !== "") yield* Effect.ignore(peer.send(line))
  const seen = yield* behave(plan, peer)
  note({ note: "sees", about: { client, ...seen } })
})

const behave = ({ manner, patience }: LimitedClient, peer: Client) =>
  Effect.gen(function* () {
    let answer: string | undefined
    if (manner === "answered" || manner === "detaches") {
      answer = yield* peer.line
      yield* peer.end
    }
    if (manner === "half-closes" || manner === "looks in") yield* Effect.andThen(Effect.sleep(patience), peer.end)
    if (manner === "resets") yield* Effect.andThen(Effect.sleep(patience), peer.connection.abort)
    const { ending, text } = yield* untilEnd(peer)
    return { text: `${answer ?? ""}${text}`, ending }
  })
