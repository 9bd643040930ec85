/**
 * What has to hold for the adder, over any clients, links and moments of its shutdown.
 */
import type { Property } from "@tidegate/testing/Check"
import { sometimes } from "@tidegate/testing/CurrentRun"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import type { Trace } from "@tidegate/testing/Trace"
import { must } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Schema from "effect/Schema"
import type { Handler } from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const Client = Schema.Struct({
  dialsAt: between(0, 20),
  /** The pauses before its requests, in milliseconds. */
  requests: Schema.Array(between(0, 10)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4)))
})

const Scenario = Schema.Struct({
  latency: between(0, 10),
  clients: Schema.Array(Client).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3))),
  shutdownAt: between(1, 60)
})

type Scenario = typeof Scenario.Type

/** What a client has seen of the server; its label is its end of the connection in the network's events. */
interface Seen {
  readonly label: string
  readonly sent: string
  readonly replies: number
}

const bytes = new TextEncoder()

const visit = Effect.fnUntraced(function* ({ dialsAt, requests }: typeof Client.Type) {
  yield* Effect.sleep(dialsAt)
  const transport = yield* Transport
  const dialled = yield* Effect.exit(transport.dial({ host: "127.0.0.1", port: 7 }))
  if (Exit.isFailure(dialled)) return { label: "", sent: "", replies: 0 }
  const connection = dialled.value
  let sent = ""
  let received = ""
  const receiving = Effect.forever(
    Effect.map(connection.read, (chunk) => {
      received += new TextDecoder().decode(chunk)
    })
  )
  const reader = yield* Effect.forkChild(Effect.ignore(Pull.catchDone(receiving, () => Effect.void)))
  for (const [at, pause] of requests.entries()) {
    yield* Effect.sleep(pause)
    const line = `${at} 1\n`
    const written = yield* Effect.exit(connection.write(bytes.encode(line)))
    if (Exit.isSuccess(written)) sent += line
  }
  yield* Fiber.join(reader)
  const label = connection instanceof SimulatedConnection ? connection.label : ""
  return { label, sent, replies: linesIn(received) }
}, Effect.scoped)

const linesIn = (text: string): number => text.split("\n").length - 1

const run = <E>(handler: Handler<E>, scenario: Scenario): Effect.Effect<ReadonlyArray<Seen>, unknown> =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler, port: 7 })
    const visits = yield* Effect.forEach(scenario.clients, (client) => Effect.forkChild(visit(client)))
    yield* Effect.sleep(scenario.shutdownAt)
    const { connections } = yield* server.info
    if (connections > 0) yield* sometimes("shut down while clients were there")
    yield* server.shutdown()
    return yield* Effect.forEach(visits, (fiber) => Fiber.join(fiber))
  }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link: { latency: scenario.latency } })))

/** Every request that the server had read when its drain began is answered. */
const nothingIsLost = (seen: ReadonlyArray<Seen>, trace: Trace): void => {
  const read = new Map<string, number>()
  for (const { event, source } of trace.entries) {
    if (source === "server" && event._tag === "DrainBegan") break
    if (source === "network" && event.event === "read") read.set(event.end, (read.get(event.end) ?? 0) + event.bytes)
  }
  for (const { label, replies, sent } of seen) {
    const owed = linesIn(sent.slice(0, read.get(label.replace("c", "s")) ?? 0))
    must("no lost reply", replies >= owed, () => `${label} is owed ${owed} replies and got ${replies}`)
  }
}

/** The property, for a server with this handler. */
export const adds = <E>(handler: Handler<E>): Property<Scenario, ReadonlyArray<Seen>> => ({
  name: "adder",
  scenario: Scenario,
  run: (scenario) => run(handler, scenario),
  verify: (_, { trace }, seen) => nothingIsLost(seen, trace),
  sometimes: ["shut down while clients were there"]
})
