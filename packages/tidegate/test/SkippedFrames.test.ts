import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "./Client.ts"

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
})
