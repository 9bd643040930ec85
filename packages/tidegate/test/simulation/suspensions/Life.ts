/**
 * Lives a scenario of suspensions and shutdowns, from the first listen to the last descriptor.
 */
import { CurrentRun, type Run } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { type Address, format } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { connect } from "../../Client.ts"
import { text } from "../../support/Behaviour.ts"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { untilEnd } from "../../support/Watching.ts"
import { hostOf } from "../Hosts.ts"
import type { Stop, SuspensionClient, SuspensionCommand, SuspensionScenario } from "./Scenario.ts"

/** How long clients may take to see their end after the server has stopped. */
const farewell = 120_000

const handlers = {
  echo: Handler.frames({ codec: text }, (line) => Effect.succeed(line)),
  sleeps: Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(20), line)),
  never: Handler.frames({ codec: text }, () => Effect.never),
  uninterruptible: Handler.frames({ codec: text }, (line) => Effect.uninterruptible(Effect.as(Effect.sleep(30), line)))
} as const

/** What all that happens in a life is about. */
interface Stage {
  readonly run: Run
  readonly network: SimulatedNetwork["Service"]
  readonly server: Server.Server["Service"]
  readonly address: Address
  readonly census: FiberCensus
}

export const liveSuspended = Effect.fnUntraced(function* (scenario: SuspensionScenario) {
  const run = yield* CurrentRun
  const linkOf = ({ number }: { readonly number: number }) => ({ latency: scenario.clients[number - 1]?.latency ?? 0 })
  const network = yield* SimulatedNetwork.make({ linkOf })
  const census = new FiberCensus()
  const owner = yield* Scope.make()
  const server = yield* census.within(makeServer(scenario, network, owner, run))
  const address = yield* server.address
  const stage: Stage = { run, network, server, address, census }
  const clients = yield* Effect.forEach(scenario.clients, (plan, client) =>
    Effect.forkScoped(Effect.scoped(visit(plan, client, stage)))
  )
  const commands = yield* Effect.forEach(scenario.commands, (command, number) =>
    Effect.forkScoped(carryOut(command, number, stage))
  )
  const stops = yield* Effect.forEach(scenario.stops, (stop, number) => Effect.forkScoped(end(stop, number, stage)))
  yield* Fiber.joinAll(stops)
  yield* Fiber.joinAll(commands)
  yield* Effect.timeoutOption(Fiber.joinAll(clients), farewell)
  yield* Scope.close(owner, Exit.void)
})

const makeServer = (
  { handler, maxUntaken, port }: SuspensionScenario,
  network: SimulatedNetwork["Service"],
  owner: Scope.Closeable,
  run: Run
) =>
  Effect.flatMap(EventSink, (traced) =>
    Server.make({ ...noDeadlines, port, maxUntaken, handler: handlers[handler], closeTimeout: 5000 }).pipe(
      Scope.provide(owner),
      Effect.provideService(Transport, network.transport),
      Effect.provideService(EventSink, (event) => {
        traced(event)
        meet(event, run)
      }),
      Effect.provideService(References.MinimumLogLevel, "None")
    )
  )

const meet = (event: ServerEvent, { sometimes }: Run): void => {
  if (event._tag === "Suspended" || event._tag === "Resumed") sometimes(event._tag)
  if (event._tag === "ConnectionEnded") sometimes(`ended: ${event.reason}`)
}

// --- clients ---

const visit = Effect.fnUntraced(function* (plan: SuspensionClient, client: number, stage: Stage) {
  const { address, network, run } = stage
  yield* Effect.sleep(plan.at)
  const dialled = yield* Effect.exit(Effect.provideService(connect(address), Transport, network.from(hostOf(client))))
  if (Exit.isFailure(dialled)) {
    run.sometimes("refused")
    return
  }
  const peer = dialled.value
  const reading = yield* Effect.forkChild(untilEnd(peer))
  for (let line = 0; line < plan.lines; line++) {
    yield* Effect.sleep(plan.pause)
    yield* Effect.ignore(peer.send(`${client} says ${line}\n`))
  }
  if (plan.manner === "ends") yield* peer.end
  yield* Fiber.join(reading)
})

// --- commands ---

const carryOut = Effect.fnUntraced(function* ({ at, kind }: SuspensionCommand, number: number, stage: Stage) {
  const { run } = stage
  yield* Effect.sleep(at)
  run.note("begins", { command: number, kind })
  const exit = yield* Effect.exit(effectOf(kind, stage))
  const address = Exit.isSuccess(exit) && typeof exit.value === "object" ? format(exit.value) : undefined
  run.note("returns", { command: number, kind, address })
})

const effectOf = (kind: SuspensionCommand["kind"], { run, server }: Stage): Effect.Effect<Address | void, unknown> => {
  switch (kind) {
    case "refuse":
    case "park":
      return server.suspend({ mode: kind })
    case "refuse, caller gone":
      return Effect.flatMap(Effect.forkChild(server.suspend()), (caller) =>
        Effect.andThen(Effect.yieldNow, Fiber.interrupt(caller))
      )
    case "resume":
      return server.resume
    case "listen":
      return server.listen
    case "close":
      return Effect.flatMap(server.connections, ([oldest]) => {
        if (oldest === undefined) return Effect.void
        run.sometimes("sent away")
        return Effect.asVoid(server.close(oldest.id, "sent away"))
      })
  }
}

// --- the end ---

const end = Effect.fnUntraced(function* (stop: Stop, number: number, stage: Stage) {
  const { census, network, run, server } = stage
  const { at, kind, ...options } = stop
  yield* Effect.sleep(at)
  const { state } = yield* server.info
  if (state === "suspended") run.sometimes("stopped while suspended")
  if (state === "draining") run.sometimes(`${kind} while draining`)
  run.note("stops", { stop: number })
  const { drained, idleClosed, aborted } = yield* kind === "hard" ? server.hardShutdown : server.shutdown(options)
  const connections = network.connections().filter(({ label }) => label.startsWith("s")).length
  const listeners = network.listeners().length
  run.note("stopped", { stop: number, fibers: census.alive, connections, listeners, cut: aborted, drained, idleClosed })
})
