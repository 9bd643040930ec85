import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "./support/Child.ts"
import { pattern } from "./support/Loopback.ts"
import { connect, open, type RawClient } from "./support/RawClient.ts"

const answered = (client: RawClient, text: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = client.bytes
    yield* client.send(text)
    yield* client.until((self) => self.bytes >= before + text.length || self.ended || self.closed)
  })

/** What a client may have done before it resets. */
const stages: ReadonlyArray<readonly [string, (client: RawClient) => Effect.Effect<void>]> = [
  ["while connecting", () => Effect.void],
  ["once connected", (client) => client.until((self) => self.connected || self.closed)],
  ["after a request that was not answered", (client) => client.send("ping")],
  ["after an answer", (client) => answered(client, "ping")],
  ["after several requests in one write", (client) => client.send("ping".repeat(3000))],
  [
    "while it owes us megabytes that nobody reads",
    (client) =>
      Effect.andThen(
        Effect.sync(() => client.socket.pause()),
        client.send(pattern(2_000_000).fill(120))
      )
  ],
  ["after our FIN", (client) => Effect.andThen(client.send("ping"), client.end)],
  [
    "after its FIN",
    (client) =>
      Effect.andThen(
        answered(client, "E"),
        client.until((self) => self.ended || self.closed)
      )
  ],
  ["after both FINs", (client) => Effect.andThen(answered(client, "E"), client.end)],
  ["while it quiesces", (client) => client.send("Q")],
  ["after it has quiesced and answered", (client) => answered(client, "Q")],
  ["while it releases", (client) => client.send("R")],
  ["while it aborts", (client) => client.send("A")],
  ["while it ends and aborts", (client) => client.send("EA")],
  ["while it quiesces, ends and releases", (client) => client.send("QER")]
]

describe("survival", () => {
  it.live("FF-21 FF-59 clients that reset at any stage never end the process, and the next one is served", () =>
    Effect.gen(function* () {
      const child = yield* start("echo.ts")
      const port = Number(yield* child.line)
      for (const [stage, reach] of stages) {
        for (let n = 0; n < 10; n++) {
          const client = yield* open(port)
          yield* reach(client)
          client.socket.resetAndDestroy()
          yield* client.until((self) => self.closed)
        }
        const good = yield* connect(port)
        yield* answered(good, "ping")
        assert.strictEqual(good.received.toString(), "ping", stage)
        good.socket.end()
        yield* good.until((self) => self.ended || self.closed)
      }
      child.process.stdin.end()
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("a wake-up that throws does not take the others of its turn with it", () =>
    Effect.gen(function* () {
      const child = yield* start("throwingWake.ts")
      const lines = [yield* child.line, yield* child.line, yield* child.line, yield* child.ended]
      assert.deepStrictEqual(lines, ["first", "uncaught a defect", "second", "exit 0"])
    })
  )
})
