import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Handler from "tidegate/Handler"
import { pair } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"

const codec = Line.make({ encoding: "utf8" })

describe("a handler whose goodbye throws", () => {
  it.effect("gives the connection's frames back, also where the drain had begun before it was served", () =>
    Effect.gen(function* () {
      const { connection, server } = yield* pair()
      connection.beginDrainUnsafe()
      yield* settled(() => Number(server.inputEnd !== undefined))
      assert.strictEqual(server.inputEnd, "quiesced")
      const onDrain = (): Effect.Effect<string> => {
        throw new Error("no words")
      }
      const first = yield* Effect.exit(
        Handler.serveFrames(connection, { codec, onDrain }, (line) => Effect.succeed(line))
      )
      assert.isTrue(Exit.isFailure(first))
      assert.isUndefined(connection.frames)
      yield* Handler.serveFrames(connection, { codec }, (line) => Effect.succeed(line))
    })
  )
})
