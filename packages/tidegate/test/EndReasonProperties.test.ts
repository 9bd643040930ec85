/**
 * Exactly one reason for the end of each connection, whatever comes together.
 */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { between } from "./support/FramePlan.ts"
import { atRest, onMemory } from "./support/OnMemory.ts"
import { peerOf } from "./support/Recorder.ts"

const Step = Schema.Literals([
  "line",
  "line",
  "line",
  "half a line",
  "broken",
  "turns",
  "sleep",
  "read",
  "end",
  "abort"
])

const ClientPlan = Schema.Struct({
  handler: Schema.Literals(["echo", "slow", "slow", "quits", "fails", "aborts", "ends"]),
  steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(6)))
})

const Plan = Schema.Struct({
  seed: between(0, 1_000_000_000),
  concurrency: Schema.Literals([1, 3]),
  millisecondsBefore: between(0, 6),
  clients: Schema.Array(ClientPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  stop: Schema.Literals(["graceful", "graceful", "graceful, then hard", "hard", "deadline"]),
  turnsBefore: between(0, 80)
})

/** The first line a client sends says what its handler does with every line. */
const obey = (line: string, connection: Connection): Effect.Effect<string, string> => {
  if (line.startsWith("slow")) return Effect.as(Effect.sleep(4), line)
  if (line.startsWith("fails")) return Effect.fail("refused")
  if (line.startsWith("aborts")) return Effect.as(connection.abort, line)
  if (line.startsWith("ends")) return Effect.as(connection.end, line)
  return line.startsWith("quits") ? Effect.interrupt : Effect.succeed(line)
}

const act = (client: Client, handler: string, step: typeof Step.Type): Effect.Effect<unknown> => {
  switch (step) {
    case "line":
      return Effect.ignore(client.send(`${handler} line\n`))
    case "half a line":
      return Effect.ignore(client.send(`${handler}`))
    case "broken":
      return Effect.ignore(client.connection.write(Uint8Array.of(0xff, 10)))
    case "turns":
      return Effect.repeat(Effect.yieldNow, { times: 10 })
    case "sleep":
      return Effect.sleep(3)
    case "read":
      return Effect.timeoutOption(client.line, 10)
    case "end":
      return client.end
    case "abort":
      return client.connection.abort
  }
}

/** What each reason promises about the bytes: all the bytes that were written have reached a client that read to the end. */
const delivered: ReadonlyArray<EndReason> = ["eof", "handled", "drained", "idle"]

describe("every interleaving", () => {
  it.prop(
    "FF-20 FF-21 FF-38 B83 B84 one start and one end with one reason for each connection, and nothing is left",
    { plan: Plan },
    ({ plan }) =>
      onMemory(plan.seed, (recorder) =>
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { address, server } = yield* serve(
            Handler.frames(
              { codec: text, concurrency: plan.concurrency, onDrain: () => Effect.succeed("goodbye") },
              obey
            )
          )
          const playing = yield* Effect.forEach(plan.clients, ({ handler, steps }) =>
            Effect.forkChild(
              Effect.gen(function* () {
                const client = yield* connect(address)
                for (const step of steps) yield* act(client, handler, step)
                const { ending } = yield* client.rest
                yield* client.end
                return { ending, received: client.connection.bytesIn, port: format(client.connection.local) }
              }).pipe(Effect.option)
            )
          )
          yield* Effect.sleep(plan.millisecondsBefore)
          yield* Effect.repeat(Effect.yieldNow, { times: plan.turnsBefore })
          if (plan.stop !== "hard") {
            yield* Effect.forkChild(server.shutdown({ drainTimeout: plan.stop === "deadline" ? 5 : "Infinity" }))
            yield* Effect.yieldNow
          }
          if (plan.stop === "hard" || plan.stop === "graceful, then hard") yield* server.hardShutdown
          const report = yield* server.stopped
          const seen = yield* Effect.forEach(playing, Fiber.join)
          yield* atRest
          const opened = recorder.events.filter((event) => event._tag === "ConnectionOpened").map(({ id }) => id)
          assert.deepStrictEqual(recorder.ended.map(({ id }) => id).toSorted(), opened.toSorted())
          assert.strictEqual(new Set(opened).size, opened.length)
          assert.strictEqual(recorder.reasons.filter((reason) => reason === "aborted").length, report.aborted)
          assert.strictEqual(network.connectionCount().open, 0)
          for (const client of seen) {
            if (client._tag === "None" || client.value.ending !== "eof") continue
            const ended = recorder.ended.find((event) => peerOf(event) === client.value.port)
            if (ended !== undefined && delivered.includes(ended.reason))
              assert.strictEqual(client.value.received, ended.bytesOut)
          }
        })
      ),
    { arbitrary: { runs: 300, maxShrinks: 400 }, timeout: 30_000 }
  )
})
