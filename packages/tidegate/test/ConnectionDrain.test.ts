/**
 * Draining one connection on the simulated network, where it can be known what had arrived and what had not.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { between } from "./support/FramePlan.ts"
import { atRest } from "./support/OnMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { simulate } from "./support/Simulation.ts"

const wholeLines = Line.make({ stripTerminator: false })

/** Bytes that have arrived at the first connection of a server, or `all` where it is gone because it was done. */
const arrivedOf = (all: number) =>
  Effect.map(SimulatedNetwork, (network) => {
    const own = network.connections().find(({ label }) => label === "s1")
    return own === undefined ? all : own.bytesIn + own.unreadUnsafe()
  })

const tiny: NetworkOptions = {
  link: { sendBufferBytes: 1021, receiveBufferBytes: 2039, segmentBytes: 509, readBytes: 251 }
}

const Pipelined = Schema.Struct({
  seed: between(0, 1_000_000_000),
  concurrency: Schema.Literals([1, 8]),
  suspends: Schema.Boolean,
  tiny: Schema.Boolean,
  /** The reply after which the drain begins. */
  after: between(1, 64)
})

const lines = Array.from({ length: 64 }, (_, at) =>
  `${String(at).padStart(2, "0")}${"0123456789abcdef".repeat(256)}`.slice(0, 4095).concat("\n")
)
const lineBytes = 4096

describe("a drain in the middle of a pipeline", () => {
  it.prop(
    "S56 S58 S62 64 × 4 KiB: every line that had arrived is answered in full, then EOF and no reset, while the peer goes on sending",
    { plan: Pipelined },
    ({ plan }) =>
      simulate(
        plan.seed,
        recorded((recorder) =>
          Effect.gen(function* () {
            let handled = 0
            const handler = Handler.frames({ codec: wholeLines, concurrency: plan.concurrency }, (line) => {
              handled++
              return plan.suspends ? Effect.as(Effect.yieldNow, line) : Effect.succeed(line)
            })
            const { address, server } = yield* serve(
              handler,
              plan.tiny ? { readAheadBytes: 600, highWaterMarkBytes: 700 } : {}
            )
            const client = yield* connect(address)
            const sending = yield* Effect.forkChild(
              Effect.andThen(
                Effect.forEach(lines, (line) => client.send(line), { discard: true }),
                client.end
              )
            )
            for (const line of lines.slice(0, plan.after)) assert.strictEqual(yield* client.line, line)
            const arrived = yield* arrivedOf(lines.length * lineBytes)
            const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
              startImmediately: true
            })
            const { ending, text: rest } = yield* client.rest
            assert.strictEqual(ending, "eof")
            assert.isTrue(
              rest === lines.slice(plan.after, handled).join(""),
              `${rest.length} bytes for ${handled - plan.after} lines`
            )
            assert.isAtLeast(handled, Math.floor(arrived / lineBytes))
            yield* Fiber.join(sending)
            assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
            assert.notInclude(recorder.reasons, "reset")
            assert.deepStrictEqual(recorder.lines("Error"), [])
          })
        ).pipe(Effect.provide(SimulatedNetwork.layer(plan.tiny ? tiny : {})))
      ),
    { arbitrary: { runs: 60, maxShrinks: 60 }, timeout: 30_000 }
  )

  it.prop(
    "S55 S58 B74 bytes that come after the drain began are never handled, however long the handlers still take",
    { seed: between(0, 1_000_000_000), concurrency: Schema.Literals([1, 3]) },
    ({ concurrency, seed }) =>
      simulate(
        seed,
        Effect.gen(function* () {
          const release = yield* Deferred.make<void>()
          const handled: Array<string> = []
          const { address, server } = yield* serve(
            Handler.frames({ codec: text, concurrency }, (line) => {
              handled.push(line)
              return Effect.as(Deferred.await(release), line)
            })
          )
          const client = yield* connect(address)
          const early = ["a", "b", "c", "d", "e"]
          yield* client.send(early.map((line) => `${line}\n`).join(""))
          yield* atRest
          const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
          yield* atRest
          yield* client.send("late\nlater\n")
          yield* atRest
          yield* Deferred.succeed(release, undefined)
          assert.deepStrictEqual(yield* client.rest, { text: early.map((line) => `${line}\n`).join(""), ending: "eof" })
          yield* client.send("too late\n")
          yield* client.end
          assert.strictEqual((yield* Fiber.join(shutdown)).drained, 1)
          assert.deepStrictEqual(handled, early)
        }).pipe(Effect.provide(SimulatedNetwork.layer()))
      ),
    { arbitrary: { runs: 30 } }
  )
})

describe("what a drain finds", () => {
  const drainsInNoTime = (name: string, sent: string, answered: string, reason: EndReason) =>
    it(`S114 FF-04 B79 ${name} ends without the clock`, () =>
      simulate(
        1,
        recorded((recorder) =>
          Effect.gen(function* () {
            const { address, server } = yield* serve(Handler.frames({ codec: text }, (line) => Effect.succeed(line)))
            const client = yield* connect(address)
            yield* client.send(sent)
            if (answered !== "") assert.strictEqual(yield* client.line, answered)
            else yield* atRest
            const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
              startImmediately: true
            })
            assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
            yield* client.end
            const report = yield* Fiber.join(shutdown)
            assert.deepStrictEqual(recorder.reasons, [reason])
            assert.strictEqual(Duration.toMillis(report.elapsed), 0)
          })
        ).pipe(Effect.provide(SimulatedNetwork.layer()))
      ))

  drainsInNoTime("a connection that never sent anything", "", "", "idle")
  drainsInNoTime("a connection between two frames", "one\n", "one\n", "idle")
  drainsInNoTime("a connection in the middle of a frame", "one\ntw", "one\n", "idle")

  it("FF-04 a connection that is busy when the drain begins closes right after its reply", () =>
    simulate(
      1,
      recorded((recorder) =>
        Effect.gen(function* () {
          const { address, server } = yield* serve(
            Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(300), line))
          )
          const client = yield* connect(address)
          yield* client.send("one\n")
          yield* Effect.sleep(100)
          const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
          assert.deepStrictEqual(yield* client.rest, { text: "one\n", ending: "eof" })
          yield* client.end
          const report = yield* Fiber.join(shutdown)
          assert.strictEqual(report.drained, 1)
          assert.deepStrictEqual(
            recorder.ended.map(({ milliseconds, reason }) => [reason, milliseconds]),
            [["drained", 300]]
          )
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    ))

  it("S8 S59 a handler that waits for its own server's drain holds it to the deadline, and no longer", () =>
    simulate(
      1,
      Effect.gen(function* () {
        let drain: Effect.Effect<unknown> = Effect.void
        const { address, server } = yield* serve(Handler.frames({ codec: text }, (line) => Effect.as(drain, line)))
        drain = server.shutdown({ drainTimeout: "3 seconds" })
        const client = yield* connect(address)
        yield* client.send("stop\n")
        const report = yield* server.stopped
        assert.strictEqual(report.aborted, 1)
        assert.strictEqual(Duration.toMillis(report.elapsed), 3000)
        assert.strictEqual((yield* client.rest).text, "")
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
    ))
})
