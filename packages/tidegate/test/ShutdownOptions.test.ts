/**
 * What a shutdown can be given, and what it takes from the server's options.
 */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { InvalidOptions } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import type { ShutdownOptions } from "tidegate/Server"
import { bytes, connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import { begin, closes, echo, echoes, elapsedOf } from "./support/Draining.ts"
import { inMemory } from "./support/InMemory.ts"
import { isRefused, untilEnd } from "./support/Watching.ts"

describe("the options of a shutdown", () => {
  inMemory(
    "B7 S64 what cannot be used is a defect that names it, and nothing is begun",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      for (const [options, issue] of [
        [{ drainDelay: -1 }, "drainDelay: got -1, expected a duration of 0 or more"],
        [{ drainJitter: "Infinity" }, 'drainJitter: got "Infinity", expected a finite duration of 0 or more'],
        [{ quietInterval: "soon" }, 'quietInterval: got "soon", expected a duration of 0 or more'],
        [{ drainTimout: 5 }, "drainTimout: unknown option of a shutdown, known are drainTimeout, drainDelay"]
      ] as const) {
        const untyped: unknown = options
        const defect = yield* Effect.catchDefect(
          Effect.flip(server.shutdown(untyped as ShutdownOptions)),
          Effect.succeed
        )
        assert.instanceOf(defect, InvalidOptions)
        assert.include(defect.issue, issue)
      }
      yield* echoes(yield* connect(address), "running\n")
    })
  )

  inMemory(
    "FF-18 a peer that does not read is given up within the close timeout of the shutdown, never later than the server's",
    Effect.gen(function* () {
      const speaks = Handler.connection((connection) =>
        Effect.andThen(connection.draining, connection.write(bytes("x".repeat(1000))))
      )
      // It is looked at once in every close timeout.
      for (const [closeTimeout, patience] of [
        ["1 second", 1000],
        ["1 hour", 5000]
      ] as const) {
        const { address, server } = yield* serve(speaks)
        yield* connect(address)
        yield* server.awaitConnections((connections) => connections === 1)
        const shutdown = yield* begin(server, { closeTimeout })
        yield* closes(address)
        yield* TestClock.adjust("20 seconds")
        const report = yield* Fiber.join(shutdown)
        assert.deepInclude(report, { aborted: 1 })
        const elapsed = Duration.toMillis(report.elapsed)
        assert.isTrue(elapsed >= patience && elapsed <= 2 * patience, `${elapsed} ms`)
      }
    }),
    { link: { sendBufferBytes: 1, receiveBufferBytes: 1 } }
  )

  inMemory(
    "FF-92 FF-15 those of the server are the default",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo, {
        drainDelay: "3 seconds",
        quietInterval: "Infinity",
        drainJitter: "1 second"
      })
      const shutdown = yield* begin(server, {})
      yield* TestClock.adjust("2999 millis")
      const end = yield* Effect.forkChild(Effect.flatMap(connect(address), untilEnd))
      yield* server.awaitConnections((connections) => connections === 1)
      yield* TestClock.adjust("1 millis")
      yield* isRefused(address)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(end)).ending, "eof")
      assert.isAtMost(yield* elapsedOf(shutdown), 4000)
    })
  )
})
