import { assert, describe, it } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Connection"
import { InvalidOptions } from "tidegate/Errors"
import * as FramedConnection from "tidegate/FramedConnection"
import { FrameFailure } from "tidegate/FrameErrors"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { encodeOne } from "../src/Framing.ts"
import { connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import { atRest } from "./support/OnMemory.ts"
import { simulate } from "./support/Simulation.ts"

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

const short = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard" })

describe("a frame that is being skipped when its reader is given up", () => {
  const heardBy = (serveIt: (connection: Connection, heard: Array<string>) => Effect.Effect<void, unknown>) =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const ended = yield* Deferred.make<Exit.Exit<void, unknown>>()
      const handler = Handler.connection((connection) =>
        Effect.onExit(serveIt(connection, heard), (exit) => Deferred.succeed(ended, exit))
      )
      const { address } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("much too long")
      yield* Effect.sleep(5)
      yield* client.send("EVIL\nnext\n")
      yield* client.end
      return { heard, exit: yield* Deferred.await(ended) }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))

  const cut = "the frame at byte 0 was being skipped when its reader was given up"

  it("P4 P12 leaves no frames in what is still to come of it, for who serves again", () =>
    simulate(
      1,
      Effect.gen(function* () {
        const { exit, heard } = yield* heardBy((connection, heard) =>
          Effect.gen(function* () {
            const once = Handler.serveFrames(connection, { codec: short }, (line) =>
              Effect.sync(() => void heard.push(line))
            )
            const first = yield* Effect.forkChild(once, { startImmediately: true })
            yield* atRest
            yield* Fiber.interrupt(first)
            yield* once
          })
        )
        assert.deepStrictEqual(heard, [])
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", cut)
      })
    ))

  it("P12 nor for another codec, while who takes bytes can find its end", () =>
    simulate(
      1,
      Effect.gen(function* () {
        const framedBy = (connection: Connection) => FramedConnection.make(connection, short, { onFrameError: "fail" })
        const switched = yield* heardBy((connection, heard) =>
          Effect.gen(function* () {
            const lines = yield* framedBy(connection)
            yield* Effect.exit(lines.next)
            const others = yield* lines.switchTo(text)
            heard.push(yield* others.next)
          })
        )
        assert.deepStrictEqual(switched.heard, [])
        assert.include(Exit.isFailure(switched.exit) ? Cause.pretty(switched.exit.cause) : "", cut)
        const detached = yield* heardBy((connection, heard) =>
          Effect.gen(function* () {
            const lines = yield* framedBy(connection)
            yield* Effect.exit(lines.next)
            const bytes = yield* lines.detach
            heard.push(new TextDecoder().decode(yield* bytes.read))
            yield* atRest
            const again = yield* FramedConnection.make(connection, short)
            yield* Effect.catchIf(again.next, Cause.isDone, () => Effect.void)
          })
        )
        assert.deepStrictEqual(detached.heard, ["EVIL\nnext\n"])
        assert.isTrue(Exit.isSuccess(detached.exit))
      })
    ))
})
