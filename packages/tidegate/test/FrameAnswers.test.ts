import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import { text } from "./support/Behaviour.ts"
import { onRecord } from "./support/Counted.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest, polite, timed } from "./support/Timed.ts"

/** Each has to be run, and none has a reply. */
const silent: Readonly<Record<string, Effect.Effect<void>>> = {
  "is run in the same turn": Effect.asVoid(Effect.suspend(() => Effect.succeed(1))),
  "takes a while": Effect.sleep(1)
}

describe("an effect without a reply", () => {
  for (const [how, effect] of Object.entries(silent)) {
    inMemory(
      `B52 FF-39 that ${how} is over when it is: nothing is owed, and its connection is idle`,
      Effect.gen(function* () {
        const { dial, ended, server } = yield* timed(
          Handler.frames({ codec: text }, () => effect),
          { idleTimeout: 100 }
        )
        const client = yield* dial
        yield* polite(client)
        yield* client.send("one\ntwo\n")
        yield* TestClock.adjust(5)
        assert.deepInclude(yield* server.info, { connections: 1, inFlight: 0 })
        yield* TestClock.adjust(100)
        assert.deepStrictEqual(ended(), ["idle-timeout"])
      })
    )

    inMemory(
      `B53 that ${how} is none of the time of the frame behind it`,
      Effect.gen(function* () {
        const { dial, ended } = yield* timed(
          Handler.frames({ codec: text }, () => effect),
          { frameTimeout: 50 }
        )
        const client = yield* dial
        yield* polite(client)
        yield* client.send("one\nhalf")
        yield* TestClock.adjust(60)
        assert.deepStrictEqual(ended(), ["frame-timeout"])
      })
    )
  }
})

describe("a function that gives nothing where an effect is expected", () => {
  for (const concurrency of [1, 2]) {
    for (const asked of ["wrong", "effect\nwrong", "effect\nwrong\neffect"]) {
      onRecord(
        `S66 fails its connection, once (${asked.split("\n").join(", ")}; concurrency ${concurrency})`,
        (recorder) =>
          Effect.gen(function* () {
            const { dial, ended } = yield* timed(
              Handler.frames({ codec: text, concurrency }, (line) =>
                line === "wrong" ? (undefined as unknown as Effect.Effect<string>) : Effect.sync(() => line)
              ),
              {}
            )
            const client = yield* dial
            yield* client.send(`${asked}\n`)
            const received = asked.startsWith("effect") ? "effect\n" : ""
            assert.deepStrictEqual(yield* client.rest, { text: received, ending: "eof" })
            yield* client.end
            yield* atRest
            assert.deepStrictEqual(ended(), ["failed"])
            assert.deepStrictEqual(
              recorder.log.map(({ level, message }) => [level, message]),
              [["Error", "handler failed"]]
            )
          })
      )
    }
  }
})
