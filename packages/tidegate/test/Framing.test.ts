import { assert, describe, it } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { InvalidOptions } from "tidegate/Errors"
import { FrameFailure } from "tidegate/FrameErrors"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { encodeOne } from "../src/Framing.ts"
import { connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"

const framed = LengthPrefixed.u32be()
const text = Line.make({ encoding: "utf8" })

describe("the bytes of a reply", () => {
  it("P13 a large one goes out as it is, with its header before it", () => {
    const payload = new Uint8Array(65_536).fill(7)
    const pieces = encodeOne(framed.encoder(), framed.name, payload)
    assert(Array.isArray(pieces))
    assert.isTrue(pieces.some((piece) => piece.buffer === payload.buffer && piece.length === payload.length))
    assert.deepStrictEqual([...(pieces[0] ?? [])], [0, 1, 0, 0])
  })

  it("P6 a small one is one piece, and one that is refused is a failure with the codec's name", () => {
    assert.deepStrictEqual(encodeOne(framed.encoder(), framed.name, Uint8Array.of(7)), Uint8Array.of(0, 0, 0, 1, 7))
    for (const [codec, size] of [
      [LengthPrefixed.u8(), 256],
      [LengthPrefixed.u8(), 65_536]
    ] as const) {
      const failure = encodeOne(codec.encoder(), codec.name, new Uint8Array(size))
      assert.instanceOf(failure, FrameFailure)
      assert.deepInclude(failure, { operation: "encode", codec: codec.name })
      assert.include(failure.message, "encode u8: ")
    }
  })

  it.effect("S50 S52 FF-07 large ones wait for room in one piece each, and arrive whole and in order", () =>
    Effect.gen(function* () {
      const reply = (frame: Uint8Array): Uint8Array => new Uint8Array(100_000).fill(frame[0] ?? 0)
      const handler = Handler.frames({ codec: framed }, (frame) => Effect.succeed(reply(frame)))
      const { address } = yield* serve(handler, { highWaterMarkBytes: 1000 })
      const client = yield* connect(address)
      for (const request of [1, 2, 3]) yield* client.connection.write(Uint8Array.of(0, 0, 0, 1, request))
      yield* client.end
      const decoder = framed.decoder()
      const found: Array<unknown> = []
      const read = Effect.map(client.connection.read, (chunk) => void found.push(...decoder.push(chunk)))
      yield* Effect.catchIf(Effect.forever(read), Cause.isDone, () => Effect.void)
      found.push(...decoder.end())
      assert.deepStrictEqual(
        found,
        [1, 2, 3].map((request) => reply(Uint8Array.of(request)))
      )
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("options of a framed handler", () => {
  const wrong: ReadonlyArray<readonly [Partial<Handler.FramesOptions<string, string>>, string]> = [
    [{ concurrency: 0 }, "concurrency: got 0, expected a whole number, 1 or more"],
    [{ concurrency: 1.5 }, "concurrency: got 1.5, expected a whole number, 1 or more"],
    [{ maxFrameLength: 0 }, "maxFrameLength: got 0, expected a whole number, 1 or more, Infinity or null"],
    [{ maxFrameLength: Number.NaN }, "maxFrameLength: got NaN, expected a whole number, 1 or more, Infinity or null"]
  ]

  for (const [options, issue] of wrong) {
    it.effect(`B7 are refused before anything is bound, or thrown where they come later: ${issue}`, () =>
      Effect.gen(function* () {
        const given = { codec: text, ...options }
        const handler = Handler.frames(given, (line) => Effect.succeed(line))
        const refused = yield* Effect.flip(Server.make({ handler }))
        assert.instanceOf(refused, InvalidOptions)
        assert.include(refused.message, issue)
        assert.throws(() => Handler.switchTo(given, (line) => Effect.succeed(line)), issue)
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }

  it("B7 no limit is one", () => {
    for (const maxFrameLength of [null, Number.POSITIVE_INFINITY, 1]) {
      assert.isUndefined(Handler.frames({ codec: text, maxFrameLength }, () => Effect.void).invalid)
    }
  })
})
