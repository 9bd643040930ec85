import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import type * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { serve } from "../support/Behaviour.ts"
import { recorded } from "../support/Recorder.ts"
import { bodies, conversation, count, eitherOf, guarded, readLog, shout, tunnel, upgrading } from "./Framing.ts"

const long = "x".repeat(100)

const answers: ReadonlyArray<readonly [string, Handler.Handler<unknown>, string, string]> = [
  ["S101 a handler of frames", shout, `one\n${"x".repeat(2000)}\ntwo\n`, "ONE\nTWO\n"],
  ["S101 a stream of frames", count, `one\n${"x".repeat(2000)}\ntwo\n`, "2 lines\n"],
  ["P12 header then body, as frames", bodies, "5\nhello3\na\nb1\n!", "helloa\nb!"],
  ["P12 a length that is none ends it, behind what was owed", bodies, "5\nhello-3\nabc", "hello"],
  ["P12 header then body, as a conversation", conversation, "5\nhello3\na\nb1\n!", "ok?\nhelloa\nb!"],
  [
    "P12 another codec for who asks for it",
    upgrading,
    "hi\nUPGRADE\n\u0000\u0003abc",
    "you said hi\ngo ahead\n\u0000\u0003abc"
  ],
  ["P12 frames, then bytes", tunnel, "there\nraw\nbytes", "connected to there\nraw\nbytes"],
  ["P12 one protocol of two, the text", eitherOf(shout, upgrading), "hello\n", "HELLO\n"],
  ["P12 one protocol of two, the other", eitherOf(upgrading, shout), "\u0016hello\n", "\u0016HELLO\n"],
  ["P10 more for who has logged in", guarded, `${long}\nLOGIN secret\n${long}\n`, `welcome\n${long}\n`]
]

describe("the guide on framing", () => {
  it("S103 a machine alone gives the frames of its chunks", () => {
    const found = readLog([bytes("one\ntw"), bytes(`o\n${"x".repeat(2000)}\nthree\n`)])
    assert.deepStrictEqual(found, ["one", "two", "? line at byte 8 has at least 1025 bytes, allowed are 1024", "three"])
  })

  for (const [name, handler, sent, expected] of answers) {
    it.effect(name, () =>
      recorded(() =>
        Effect.gen(function* () {
          const { address } = yield* serve(handler)
          for (const pieces of [[bytes(sent)], Array.from(bytes(sent), (byte) => Uint8Array.of(byte))]) {
            const client = yield* connect(address)
            for (const piece of pieces) {
              // A server that has ended refuses the rest.
              yield* Effect.ignore(client.connection.write(piece))
              yield* Effect.yieldNow
            }
            yield* client.end
            assert.deepStrictEqual(yield* client.rest, { text: expected, ending: "eof" })
          }
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }
})
