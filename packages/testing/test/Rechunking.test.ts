import { assert, describe, it } from "@effect/vitest"
import { connect, pattern, readAll } from "@tidegate/testing/conformance/Script"
import { format } from "@tidegate/testing/NetworkEvent"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Connection } from "tidegate/Transport"
import { joinedBytes } from "../src/internal/JoinedBytes.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum }))))

const chunks = Arbitrary.array(between(0, 300), { minLength: 1, maxLength: 12 })

const input = {
  up: chunks,
  down: chunks,
  sendBufferBytes: between(1, 64),
  receiveBufferBytes: between(1, 64),
  segmentBytes: between(1, 64),
  readBytes: between(1, 64),
  readAheadBytes: between(1, 64),
  highWaterMarkBytes: between(1, 200),
  lowWaterMarkBytes: between(0, 200)
}

type Input = { readonly [K in keyof typeof input]: K extends "up" | "down" ? ReadonlyArray<number> : number }

const bytesOf = (lengths: ReadonlyArray<number>, seed: number) => lengths.map((length, n) => pattern(length, seed + n))

const writeAll = (to: Connection, lengths: ReadonlyArray<number>, seed: number) =>
  Effect.andThen(
    Effect.forEach(bytesOf(lengths, seed), (chunk) => to.write(chunk), { discard: true }),
    to.end
  )

const exchange = (given: Input) =>
  Effect.gen(function* () {
    const events: Array<string> = []
    const marks = {
      highWaterMarkBytes: given.highWaterMarkBytes,
      lowWaterMarkBytes: Math.min(given.lowWaterMarkBytes, given.highWaterMarkBytes - 1),
      readAheadBytes: given.readAheadBytes
    }
    const { readBytes, receiveBufferBytes, segmentBytes, sendBufferBytes } = given
    const link = { readBytes, receiveBufferBytes, segmentBytes, sendBufferBytes }
    yield* Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect({ client: marks, server: marks })
      const [atServer, atClient] = yield* Effect.all(
        [readAll(server), readAll(client), writeAll(client, given.up, 1), writeAll(server, given.down, 99)],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(atServer, joinedBytes(bytesOf(given.up, 1)))
      assert.deepStrictEqual(atClient, joinedBytes(bytesOf(given.down, 99)))
      assert.strictEqual(yield* client.closed, "both-ended")
      assert.strictEqual(yield* server.closed, "both-ended")
      assert.strictEqual(network.connectionCount().open, 0)
      assert.strictEqual(client.bytesOut, server.bytesIn)
      assert.strictEqual(server.bytesOut, client.bytesIn)
    }).pipe(
      Effect.scoped,
      Effect.provide(SimulatedNetwork.layer({ link, onEvent: (event) => events.push(format(event)) }))
    )
    return events
  })

describe("re-chunking", () => {
  it.effect.prop(
    "I-S1 FF-35 B18 what is sent is what arrives, whatever the buffers and the pieces",
    input,
    (given) => Effect.asVoid(exchange(given)),
    { arbitrary: { runs: 200, seed: 7 } }
  )

  it.effect.prop(
    "I-S22 the same run twice gives the same events",
    input,
    (given) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* exchange(given), yield* exchange(given))
      }),
    { arbitrary: { runs: 30, seed: 11 } }
  )
})
