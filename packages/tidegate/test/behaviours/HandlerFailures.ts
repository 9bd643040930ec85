/**
 * The ways in which a handler can fail, in each of its forms: each ends its own connection and nothing else.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { readLine } from "../support/ReadAll.ts"
import { peerOf, recorded } from "../support/Recorder.ts"

const failures: ReadonlyArray<readonly [string, () => Effect.Effect<never, unknown>]> = [
  ["a failure", () => Effect.fail("refused")],
  ["a failure after waiting", () => Effect.andThen(Effect.yieldNow, Effect.fail("refused"))],
  ["a defect", () => Effect.die(new Error("broken"))],
  ["a defect after waiting", () => Effect.andThen(Effect.yieldNow, Effect.die(new Error("broken")))],
  [
    "a throw in the function itself",
    () => {
      throw new Error("thrown")
    }
  ],
  ["its own interruption", () => Effect.interrupt],
  ["its own interruption after waiting", () => Effect.andThen(Effect.yieldNow, Effect.interrupt)],
  [
    "the failure of another connection",
    () =>
      Effect.fail(
        new TransportError({ operation: "dial", code: "ECONNREFUSED", errorClass: "temporary", address: "127.0.0.1:9" })
      )
  ]
]

const forms: ReadonlyArray<readonly [string, (fail: () => Effect.Effect<never, unknown>) => Handler.Handler<unknown>]> =
  [
    [
      "connection",
      (fail) =>
        Handler.connection((connection) =>
          Effect.flatMap(readLine(connection), (line) =>
            line === "bad" ? fail() : connection.write(bytes(`${line}\n`))
          )
        )
    ],
    ["frames", (fail) => Handler.frames({ codec: text }, (line) => (line === "bad" ? fail() : Effect.succeed(line)))],
    [
      "frames at once",
      (fail) =>
        Handler.frames({ codec: text, concurrency: 3 }, (line) => (line === "bad" ? fail() : Effect.succeed(line)))
    ]
  ]

export const handlerFailures: ReadonlyArray<Behaviour> = forms.flatMap(([form, handlerOf]) =>
  failures.map(
    ([kind, fail]): Behaviour => ({
      name: `S66 S84 B92 ${kind} ends its own connection, recorded once with the peer (${form})`,
      run: recorded((recorder) =>
        Effect.gen(function* () {
          const { address, server } = yield* serve(handlerOf(fail))
          const other = yield* connect(address)
          const client = yield* connect(address)
          yield* client.send("bad\n")
          assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
          yield* client.end
          const ended = yield* recorder.nextEnd
          assert.strictEqual(ended.reason, "failed")
          assert.deepStrictEqual(recorder.peers("Error"), [peerOf(ended)])
          assert.strictEqual(recorder.lines().length, 1)
          yield* other.send("good\n")
          assert.strictEqual(yield* other.line, "good\n")
          assert.strictEqual((yield* server.info).state, "running")
        })
      )
    })
  )
)
