import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type { Address } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "./Client.ts"
import { recorded } from "./support/Recorder.ts"

const codec = Line.make({ maxLength: 4, onTooLong: "discard", stripTerminator: false })

const throwing = Logger.make(() => {
  throw new Error("the log is full")
})

describe("a frame that is skipped", () => {
  it.effect("S105 takes neither its connection nor the frames around it along, even if the logger throws", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler: Handler.frames({ codec }, (line) => Effect.succeed(line)) })
      const client = yield* connect(yield* server.address)
      yield* client.send("ab\nmuch too long\ncd\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "ab\ncd\n", ending: "eof" })
    }).pipe(Effect.provide([SimulatedNetwork.layer(), Logger.layer([throwing])]))
  )

  for (const concurrency of [1, 2]) {
    it.effect(`S105 is logged at once, also where nothing comes behind it (concurrency ${concurrency})`, () =>
      recorded((recorder) =>
        Effect.gen(function* () {
          const handler = Handler.frames({ codec, concurrency }, (line) => Effect.succeed(line))
          const server = yield* Server.make({ handler })
          const client = yield* connect(yield* server.address)
          yield* client.send("ab\nmuch too long\n")
          assert.strictEqual(yield* client.line, "ab\n")
          yield* roundTrip(yield* server.address)
          assert.deepStrictEqual(
            recorder.lines().map(({ about, level, message }) => [level, message, about["position"], about["frames"]]),
            [["Warn", "frame skipped", 3, 1]]
          )
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }
})

/** Another client has come, was answered and has gone: whatever was to be done for the first one is done. */
const roundTrip = (address: Address) =>
  Effect.gen(function* () {
    const client = yield* connect(address)
    yield* client.send("hi\n")
    yield* client.line
    yield* client.end
    yield* client.rest
  })
