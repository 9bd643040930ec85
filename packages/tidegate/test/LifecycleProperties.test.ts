/**
 * Whole lives of a server, drawn at random: when it listens, who comes, what handlers do, who stops it and how, and in which
 * order fibers run.
 */
import { assert, describe, it } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Server from "tidegate/Server"
import * as ServerStream from "tidegate/ServerStream"
import type { ShutdownReport } from "tidegate/ShutdownReport"
import { Transport } from "tidegate/Transport"
import { ClientPlan, CommandPlan, carryOut, handlers, patience, visit } from "./support/Lives.ts"
import { Recording } from "./support/Recording.ts"
import { Seed, simulate, turns } from "./support/Simulation.ts"

const Plan = Schema.Struct({
  seed: Seed,
  listensFirst: Schema.Literals([true, true, true, false]),
  handler: Schema.Literals([
    "echo",
    "yields",
    "sleeps",
    "never",
    "fails",
    "dies",
    "uninterruptible",
    "slow finalizer",
    "flood"
  ]),
  clients: Schema.Array(ClientPlan).pipe(Schema.check(Schema.isMaxLength(4))),
  commands: Schema.Array(CommandPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4)))
})

type Plan = typeof Plan.Type

/** Small buffers, so that a peer that does not read is soon a problem. */
const link = { sendBufferBytes: 1000, receiveBufferBytes: 1000 }

const live = Effect.fnUntraced(function* (plan: Plan) {
  const network = yield* SimulatedNetwork.make({ link })
  const clock = yield* Clock.Clock
  const recording = yield* Recording.make
  const census = new FiberCensus()
  const owner = yield* Scope.make()
  let stoppedAt = -1
  recording.onEvent = (event) => {
    if (event._tag === "Stopped") stoppedAt = clock.currentTimeMillisUnsafe()
  }
  const life = yield* Effect.gen(function* () {
    const server = yield* Scope.provide(
      recording.of(Server.prepare({ handler: handlers[plan.handler], port: 7 })),
      owner
    )
    const states = yield* watched(server)
    if (plan.listensFirst) yield* server.listen
    const visits = yield* Effect.forEach(plan.clients, (client, at) =>
      Effect.forkChild(visit(client, `c${at}`, server))
    )
    const ends = yield* carriedOut(plan, server, owner, network)
    const exit = yield* Effect.exit(server.stopped)
    assert.strictEqual(network.listenerCount().open, 0, "listeners open when the server had stopped")
    const info = yield* server.info
    assert.deepInclude(info, { state: "stopped", connections: 0, inFlight: 0 })
    assert.strictEqual(info.accepted, info.ended)
    const seen = yield* Effect.forEach(visits, (fiber) => Fiber.join(fiber))
    return { ends, exit, seen, states: yield* Fiber.join(states) }
  }).pipe(
    Effect.scoped,
    census.within,
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.provideService(Transport, network.transport)
  )
  yield* turns(20)
  assert.strictEqual(census.alive, 0, "fibers alive")
  assert.strictEqual(network.connectionCount().open, 0, "connections open")
  yield* Scope.close(owner, Exit.void)
  return { ...life, plan, recording, stoppedAt }
})

type Life = Effect.Success<ReturnType<typeof live>>

/** The server's states, from now on to the last. */
const watched = Effect.fnUntraced(function* (server: Server.Server["Service"]) {
  const watching = yield* Deferred.make<void>()
  const states = ServerStream.states(server).pipe(
    Stream.takeUntil((state) => state === "stopped"),
    Stream.tap(() => Deferred.succeed(watching, undefined)),
    Stream.runCollect
  )
  const fiber = yield* Effect.forkChild(states)
  yield* Deferred.await(watching)
  return fiber
})

/** Runs the commands; gives the earliest time at which each kind of end was asked for. */
const carriedOut = Effect.fnUntraced(function* (
  plan: Plan,
  server: Server.Server["Service"],
  owner: Scope.Closeable,
  network: SimulatedNetwork["Service"]
) {
  const ends = { hard: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY }
  const running = yield* Effect.forEach(plan.commands, (command) =>
    Effect.forkChild(carryOut(command, { server, owner, network, ends }))
  )
  yield* Effect.forEach(running, (fiber) => Fiber.join(fiber))
  yield* carryOut({ turnsBefore: 0, wait: 0, kind: "graceful", drainTimeout: 5000 }, { server, owner, network, ends })
  return ends
})

// --- what has to hold, whatever happened ---

const eventsAreWhole = ({ recording, states }: Life): void => {
  const { tags } = recording
  const story = `${tags.join()}; ${states.join()}`
  const opened = recording.tagged("ListenerOpened").length
  const ended = recording.tagged("ListenerClosed").length + recording.tagged("ListenerLost").length
  assert.isAtMost(opened, 1, story)
  assert.strictEqual(ended, opened, story)
  assert.strictEqual(tags.indexOf("Stopped"), tags.length - 1, story)
  const listenerEnd = Math.max(tags.indexOf("ListenerClosed"), tags.indexOf("ListenerLost"))
  if (opened === 1) assert.isBelow(tags.lastIndexOf("ConnectionOpened"), listenerEnd, story)
}

const connectionsComeInPairs = ({ recording }: Life): void => {
  const opened = recording.tagged("ConnectionOpened")
  const ended = recording.tagged("ConnectionEnded")
  assert.deepStrictEqual(
    opened.map(({ id }) => id),
    opened.map((_, at) => at + 1)
  )
  assert.deepStrictEqual(
    ended.map(({ id }) => id).sort((a, b) => a - b),
    opened.map(({ id }) => id)
  )
  for (const { id, local, peer } of opened)
    assert.deepInclude(
      ended.find((event) => event.id === id),
      { local, peer }
    )
}

/** What the client saw and what the server says about its connection agree. */
const accountsAgree = ({ recording, seen }: Life): void => {
  for (const { address, received, sent } of seen) {
    const ended = recording
      .tagged("ConnectionEnded")
      .find(({ peer }) => address !== undefined && String(peer) === String(address))
    if (ended === undefined) continue
    assert.isAtMost(ended.bytesIn, sent)
    assert.isAtLeast(ended.bytesOut, received)
    if (ended.reason === "eof") assert.deepStrictEqual([ended.bytesIn, ended.bytesOut], [sent, received])
  }
}

const repliesArePrefixes = ({ seen }: Life): void => {
  for (const { owed, text } of seen)
    assert.isTrue(owed.startsWith(text), `${text.slice(0, 60)} is no part of ${owed.slice(0, 60)}`)
}

const statesFollow = ({ exit, recording, states }: Life): void => {
  assert.match(states.join(), /^starting,(running,)?((draining|listenerLost),)?stopped$/)
  assert.strictEqual(Exit.isFailure(exit), recording.tagged("ListenerLost").length === 1)
}

const inTime = ({ ends, plan, recording, stoppedAt }: Life): void => {
  if (recording.tagged("ListenerLost").length === 1) return
  const latest = Math.min(ends.hard, ends.deadline) + (patience[plan.handler] ?? 0)
  assert.isAtMost(stoppedAt, latest)
}

/** Each connection that a shutdown met is in its report, once. */
const reportAddsUp = ({ recording }: Life): ShutdownReport | undefined => {
  const report = recording.tagged("Stopped")[0]?.report
  if (report === undefined) return undefined
  const reasons = recording.tagged("ConnectionEnded").map(({ reason }) => reason)
  const counted = report.drained + report.idleClosed + report.aborted
  assert.isAtMost(counted, reasons.length)
  assert.isAtLeast(report.aborted, reasons.filter((reason) => reason === "aborted").length)
  assert.strictEqual(report.idleClosed, reasons.filter((reason) => reason === "idle").length)
  return report
}

describe("any life of a server", () => {
  const seen: Record<string, number> = {}
  const count = (what: string, happened: boolean): void => {
    seen[what] = (seen[what] ?? 0) + (happened ? 1 : 0)
  }

  it.prop(
    "S14 S16 S20 S24 S39 S41 S42 S59 S118 B9 B83 B84 B93 B94 I-S1 I-S2 I-S3 I-S10 I-L0 I-L1 FF-20 ends in time and leaves nothing",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const life = simulate(plan.seed, live(plan))
      eventsAreWhole(life)
      connectionsComeInPairs(life)
      accountsAgree(life)
      repliesArePrefixes(life)
      statesFollow(life)
      inTime(life)
      const report = reportAddsUp(life)
      for (const { reason } of life.recording.tagged("ConnectionEnded")) count(reason, true)
      count("lost", life.states.includes("listenerLost"))
      count("never listened", !life.states.includes("running"))
      count("drained, then cut", life.states.includes("draining") && (report?.aborted ?? 0) > 0)
      count("swept", (report?.swept ?? 0) > 0)
    },
    { timeout: 60_000, arbitrary: { runs: 2000, maxShrinks: 500 } }
  )

  it("the lives above were not all alike", () => {
    const expected = [
      "eof",
      "handled",
      "drained",
      "idle",
      "reset",
      "failed",
      "aborted",
      "lost",
      "never listened",
      "drained, then cut",
      "swept"
    ]
    for (const what of expected) assert.isAbove(seen[what] ?? 0, 9, what)
  })
})
