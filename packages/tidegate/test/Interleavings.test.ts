/**
 * Dials, accepts and shutdowns in ten thousand orders. What a plan leaves open (which fiber is next, where one has to yield) is
 * drawn from the plan's seed.
 */
import { assert, describe, it } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as ServerStream from "tidegate/ServerStream"
import { Transport } from "tidegate/Transport"
import { connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { Recording } from "./support/Recording.ts"
import { between, Seed, simulate, turns } from "./support/Simulation.ts"
import { untilEnd } from "./support/Watching.ts"

const ClientPlan = Schema.Struct({
  turnsBefore: between(0, 12),
  lines: between(0, 1),
  endsFirst: Schema.Boolean
})

const ShutdownPlan = Schema.Struct({
  turnsBefore: between(0, 12),
  kind: Schema.Literals(["graceful", "graceful", "caller interrupted", "hard", "scope closed"])
})

const Plan = Schema.Struct({
  seed: Seed,
  clients: Schema.Array(ClientPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(2))),
  shutdowns: Schema.Array(ShutdownPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(2)))
})

type Plan = typeof Plan.Type

/** What became of one dial: `label` is its end of the connection in the network's events. */
interface Fate {
  readonly label: string
  readonly sent: string
  readonly text: string
  readonly ending: string
}

const echo = Handler.frames({ codec: text }, (line) => Effect.as(Effect.yieldNow, line))

const visit = Effect.fnUntraced(function* (
  plan: typeof ClientPlan.Type,
  name: string,
  server: Server.Server["Service"]
) {
  yield* turns(plan.turnsBefore)
  const dialled = yield* Effect.exit(Effect.flatMap(server.address, connect))
  if (Exit.isFailure(dialled)) return { label: "", sent: "", text: "", ending: "refused" }
  const client = dialled.value
  const lines = Array.from({ length: plan.lines }, (_, at) => `${name} says ${at}\n`)
  for (const line of lines) yield* Effect.ignore(client.send(line))
  if (plan.endsFirst) yield* client.end
  const end = yield* untilEnd(client)
  yield* client.connection.closed
  const label = client.connection instanceof SimulatedConnection ? client.connection.label : ""
  return { label, sent: lines.join(""), ...end }
})

const shutDown = (
  kind: Plan["shutdowns"][number]["kind"],
  server: Server.Server["Service"],
  owner: Scope.Closeable
) => {
  switch (kind) {
    case "graceful":
      return server.shutdown()
    case "hard":
      return server.hardShutdown
    case "scope closed":
      return Scope.close(owner, Exit.void)
    case "caller interrupted":
      return Effect.gen(function* () {
        const caller = yield* Effect.forkChild(server.shutdown())
        yield* Effect.yieldNow
        yield* Fiber.interrupt(caller)
        yield* server.shutdown()
      })
  }
}

const isHard = (plan: Plan): boolean => plan.shutdowns.some(({ kind }) => kind === "hard" || kind === "scope closed")

const run = Effect.fnUntraced(function* (plan: Plan) {
  const network: Array<NetworkEvent> = []
  const { connectionCount, listenerCount, transport } = yield* SimulatedNetwork.make({
    onEvent: (event) => network.push(event)
  })
  const recording = yield* Recording.make
  const census = new FiberCensus()
  const owner = yield* Scope.make()
  let beforeDrain: ReadonlyArray<NetworkEvent> = []
  recording.onEvent = (event) => {
    if (event._tag === "DrainBegan") beforeDrain = network.slice()
  }
  const fates = yield* Effect.gen(function* () {
    const server = yield* Scope.provide(recording.of(Server.make({ handler: echo })), owner)
    const visits = yield* Effect.forEach(plan.clients, (client, at) =>
      Effect.forkChild(visit(client, `c${at}`, server))
    )
    const shutdowns = yield* Effect.forEach(plan.shutdowns, ({ kind, turnsBefore }) =>
      Effect.forkChild(Effect.andThen(turns(turnsBefore), shutDown(kind, server, owner)))
    )
    yield* Effect.forEach(shutdowns, Fiber.join)
    yield* server.stopped
    assert.strictEqual(listenerCount().open, 0, "listeners open when the shutdown returned")
    return yield* Effect.forEach(visits, (fiber) => Fiber.join(fiber))
  }).pipe(Effect.scoped, census.within, Effect.provideService(Transport, transport))
  assert.strictEqual(census.alive, 0, "fibers alive")
  assert.strictEqual(connectionCount().open, 0, "connections open")
  yield* Scope.close(owner, Exit.void)
  checkEvents(recording)
  for (const fate of fates) checkFate(fate, !isHard(plan) && dialledBefore(beforeDrain, fate.label))
  const accepted = network.filter(({ event }) => event === "accepted").length
  const opened = recording.tagged("ConnectionOpened").length
  if (isHard(plan)) assert.isAtMost(opened, accepted)
  else assert.strictEqual(opened, accepted, "connections accepted and taken over")
  return fates
})

const dialledBefore = (events: ReadonlyArray<NetworkEvent>, label: string): boolean =>
  events.some((event) => event.event === "dialling" && event.end === label)

const checkEvents = (recording: Recording): void => {
  const { tags } = recording
  const story = tags.join()
  assert.strictEqual(recording.tagged("ListenerClosed").length, 1, story)
  assert.isBelow(tags.lastIndexOf("ConnectionOpened"), tags.indexOf("ListenerClosed"), story)
  assert.strictEqual(recording.tagged("ConnectionEnded").length, recording.tagged("ConnectionOpened").length, story)
  assert.strictEqual(tags.indexOf("Stopped"), tags.length - 1, story)
}

/** Whoever dialled before a graceful shutdown is served: it gets what it is owed, and EOF. */
const checkFate = (fate: Fate, served: boolean): void => {
  assert.isTrue(fate.sent.startsWith(fate.text), `${fate.text} is no part of ${fate.sent}`)
  if (served) assert.strictEqual(fate.ending, "eof", `${fate.label} was not served`)
}

describe("dials, accepts and shutdowns in any order", () => {
  const seen: Record<string, number> = {}

  it.prop(
    "S42 S43 S24 I-S2 I-S3 I-S5 I-S7 I-S10 B9 B94 every connection is served and drained, or closed; none is orphaned",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      for (const { ending } of simulate(plan.seed, run(plan))) seen[ending] = (seen[ending] ?? 0) + 1
    },
    { timeout: 60_000, arbitrary: { runs: 4000, maxShrinks: 500 } }
  )

  it("S43 the plans above have led to every fate", () => {
    for (const fate of ["refused", "eof", "ECONNRESET"]) assert.isAbove(seen[fate] ?? 0, 100, fate)
  })
})

// --- a start that meets a shutdown ---

const Start = Schema.Struct({
  seed: Seed,
  listensAfter: between(0, 6),
  stopsAfter: between(0, 6),
  hard: Schema.Boolean
})

const startAndStop = Effect.fnUntraced(function* (plan: typeof Start.Type) {
  const { listenerCount, transport } = yield* SimulatedNetwork.make()
  const recording = yield* Recording.make
  const states: Array<string> = []
  const server = yield* recording
    .of(Server.prepare({ handler: echo }))
    .pipe(Effect.provideService(Transport, transport))
  const watching = yield* Effect.forkChild(
    Stream.runForEach(ServerStream.states(server), (state) => Effect.sync(() => states.push(state)))
  )
  yield* turns(3)
  const listening = yield* Effect.forkChild(Effect.andThen(turns(plan.listensAfter), Effect.exit(server.listen)))
  yield* turns(plan.stopsAfter)
  yield* plan.hard ? server.hardShutdown : server.shutdown()
  assert.strictEqual(listenerCount().open, 0, "listeners open when the shutdown returned")
  const listened = yield* Fiber.join(listening)
  yield* turns(5)
  yield* Fiber.interrupt(watching)
  assert.strictEqual(new Set(states).size, states.length, states.join())
  const opened = recording.tagged("ListenerOpened").length
  assert.strictEqual(recording.tagged("ListenerClosed").length, opened, recording.tags.join())
  return Exit.isSuccess(listened)
})

describe("a start that meets a shutdown, in any order", () => {
  let listened = 0

  it.prop(
    "S15 S42 S76 either listens and closes, or does not listen at all; each state is seen once",
    { plan: Arbitrary.schema(Start) },
    ({ plan }) => {
      if (simulate(plan.seed, startAndStop(plan))) listened++
    },
    { timeout: 60_000, arbitrary: { runs: 2000, maxShrinks: 500 } }
  )

  it("S15 the plans above have led to both", () => {
    assert.isAbove(listened, 100)
    assert.isBelow(listened, 1900)
  })
})
