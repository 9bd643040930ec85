/**
 * Carries a scenario out: a server with deadlines, peers that keep them or do not, and changes of them while it runs.
 */
import * as Line from "@tidegate/codec/Line"
import { CurrentRun, type Run } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { must } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import { EventSink } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { bytes, Client } from "../../Client.ts"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { endOf } from "../Services.ts"
import type { DeadlinesNote } from "./DeadlinesNotes.ts"
import { type ClientPlan, type DeadlinesScenario, textOf } from "./DeadlinesScenario.ts"

const endpoint = { host: "127.0.0.1", port: 7 }
const codec = Line.make({ encoding: "utf8" })

export const live = Effect.fnUntraced(function* (scenario: DeadlinesScenario) {
  const run = yield* CurrentRun
  const note = ({ about, note }: DeadlinesNote): void => run.note(note, about)
  const network = yield* SimulatedNetwork.make({
    link: { ...scenario.link, latency: [scenario.link.latency, scenario.link.latency] }
  })
  const traced = yield* EventSink
  const owner = yield* Scope.make()
  const census = new FiberCensus()
  const server = yield* Server.make({
    ...endpoint,
    ...noDeadlines,
    ...scenario.server,
    handler: handlerOf(scenario, note, run)
  }).pipe(
    Scope.provide(owner),
    Effect.provideService(Transport, network.transport),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.provideService(EventSink, (event) => {
      traced(event)
      if (event._tag === "ConnectionEnded") run.sometimes(`ended: ${event.reason}`)
    }),
    census.within
  )
  const clients = yield* Effect.forEach(scenario.clients, (plan) =>
    Effect.forkChild(Effect.scoped(visit(plan, network.transport, note)))
  )
  const changes = yield* Effect.forkChild(change(scenario.changes, server, note))
  yield* Effect.sleep(scenario.lasts)
  note({ note: "stops", about: {} })
  yield* server.shutdown({ drainTimeout: 1000 })
  must("I-S3", census.alive === 0, () => `${census.alive} fibers of the server are alive after it has stopped`)
  yield* Fiber.awaitAll([...clients, changes])
  yield* Scope.close(owner, Exit.void)
})

/** One after the other: of two at once nobody could tell which is in force. */
const change = Effect.fnUntraced(function* (
  changes: DeadlinesScenario["changes"],
  server: Server.Server["Service"],
  note: Notes
) {
  for (const { after, idleTimeout } of changes) {
    yield* Effect.sleep(after)
    note({ note: "changes", about: { idleTimeout: Number(idleTimeout) } })
    yield* server.reload({ idleTimeout })
  }
})

// --- the server's side ---

type Notes = (note: DeadlinesNote) => void

const handlerOf = ({ handler, server, work }: DeadlinesScenario, note: Notes, run: Run): Handler.Handler<unknown> =>
  Handler.connection((connection) =>
    Effect.gen(function* () {
      const end = endOf(connection.transport)
      note({ note: "serves", about: { end, id: connection.id } })
      const told = Effect.map(connection.draining, () => note({ note: "told", about: { end } }))
      yield* Effect.forkChild(told, { startImmediately: true })
      if (handler === "pushes") yield* Effect.forkChild(pushing(connection))
      const concurrency = handler === "works together" ? 64 : 1
      yield* Handler.serveFrames(connection, { codec, concurrency }, (line) => {
        note({ note: "frame", about: { end, line } })
        const asked = timeoutOf(handler, line)
        if (asked !== undefined) {
          run.sometimes("a timeout of its own")
          const { amount, kind } = asked
          return Effect.as(kind === "once" ? connection.expectWithin(amount) : connection.setIdleTimeout(amount), "ok")
        }
        if (handler !== "works" && handler !== "works together") return Effect.succeed(line)
        if (work > Number(server.idleTimeout)) run.sometimes("works for longer than the idle timeout")
        const answered = Effect.sync(() => note({ note: "answered", about: { end } }))
        return Effect.ensuring(Effect.as(Effect.sleep(work), line), answered)
      })
    })
  )

/** The idle timeout that a line asks for; where lines are handled together nobody could tell whose counts. */
export const timeoutOf = (
  handler: DeadlinesScenario["handler"],
  line: string
): { readonly kind: string; readonly amount: number } | undefined => {
  if (handler === "works together") return undefined
  const [, kind, amount] = /^(once|lasting) (\d+)$/.exec(line) ?? []
  return kind === undefined ? undefined : { kind, amount: Number(amount) }
}

const pushing = (connection: Connection): Effect.Effect<void> =>
  Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(7), connection.write(bytes("tick\n")))))

// --- the peers' side ---

const visit = Effect.fnUntraced(function* (plan: ClientPlan, transport: Transport["Service"], note: Notes) {
  yield* Effect.sleep(plan.dial)
  const dialled = yield* Effect.exit(transport.dial(endpoint))
  if (Exit.isFailure(dialled)) return
  const client = new Client(dialled.value)
  const end =
    dialled.value instanceof SimulatedConnection ? dialled.value.label.replace("c", "s") : "of another network"
  const reading = yield* Effect.forkChild(
    Effect.tap(client.rest, () => client.end),
    { startImmediately: true }
  )
  for (const step of plan.steps) {
    yield* Effect.sleep(step.wait)
    const text = textOf(step)
    note({ note: "sends", about: { end, text } })
    yield* Effect.ignore(client.send(text))
  }
  if (plan.manner !== "stays") {
    note({ note: "leaves", about: { end } })
    yield* plan.manner === "ends" ? client.end : client.connection.abort
  }
  yield* Fiber.await(reading)
})
