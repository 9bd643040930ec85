/**
 * The function of a frame is called inside the transport's turn or where another handler has just ended, outside any fiber. What it
 * does there must not upset the loop that called it.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "@tidegate/codec/Codec"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Address } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { bytes, connect } from "./Client.ts"
import { peerOf, recorded } from "./support/Recorder.ts"

const text = Line.make({ encoding: "utf8" })
const echoText = (line: string) => Effect.succeed(line)

const roundTrip = (address: Address) =>
  Effect.gen(function* () {
    const client = yield* connect(address)
    yield* client.send("ping\n")
    yield* client.line
  })

/** A line codec with a mistake: it throws where the real one returns. */
const throwing = (at: "decode" | "encode"): Codec<string> => ({
  ...text,
  decoder: () => {
    const decoder = text.decoder()
    const next = decoder.next.bind(decoder)
    return Object.assign(decoder, {
      next: () => {
        const line = next()
        if (at === "decode" && line === "boom") throw new Error("decoder defect")
        return line
      }
    })
  },
  encoder: () => {
    const encoder = text.encoder()
    return {
      ...encoder,
      encode: (line) => {
        if (at === "encode" && line === "boom") throw new Error("encoder defect")
        return encoder.encode(line)
      }
    }
  }
})

describe("a codec that throws", () => {
  for (const at of ["decode", "encode"] as const) {
    it.effect(`S66 B92 a defect of the codec (${at}) ends its own connection, not the network's turn`, () =>
      recorded((recorder) =>
        Effect.gen(function* () {
          const server = yield* Server.make({ handler: Handler.frames({ codec: throwing(at) }, echoText) })
          const address = yield* server.address
          const other = yield* connect(address)
          const client = yield* connect(address)
          yield* client.send("one\n")
          assert.strictEqual(yield* client.line, "one\n")
          yield* client.send("boom\n")
          assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
          yield* client.end
          const ended = yield* recorder.nextEnd
          assert.strictEqual(ended.reason, "failed")
          assert.deepStrictEqual(recorder.peers("Error"), [peerOf(ended)])
          yield* other.send("two\n")
          assert.strictEqual(yield* other.line, "two\n")
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }

  it.effect("S49 replies before a decoder's defect are delivered, also those that still run", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        const release = yield* Deferred.make<void>()
        const server = yield* Server.make({
          handler: Handler.frames({ codec: throwing("decode"), concurrency: 4 }, (line) =>
            line === "slow" ? Effect.as(Deferred.await(release), line) : Effect.succeed(line)
          )
        })
        const client = yield* connect(yield* server.address)
        yield* client.send("slow\nfast\n")
        yield* roundTrip(yield* server.address)
        yield* client.send("boom\n")
        yield* roundTrip(yield* server.address)
        yield* Deferred.succeed(release, undefined)
        assert.deepStrictEqual(yield* client.rest, { text: "slow\nfast\n", ending: "eof" })
        assert.deepStrictEqual(
          recorder.lines("Error").map((line) => line.message),
          ["handler failed"]
        )
      })
    ).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("a frame's function that acts at once", () => {
  it.effect(
    "S49 completing an earlier frame from a later one keeps the order, and the frames behind it are handled once",
    () =>
      Effect.gen(function* () {
        const waiting = new Map<string, (effect: Effect.Effect<string>) => void>()
        const seen: Array<string> = []
        const server = yield* Server.make({
          handler: Handler.frames({ codec: text, concurrency: 8 }, (line) => {
            seen.push(line)
            if (line.startsWith("wait")) {
              return Effect.callback<string>((resume) => {
                waiting.set(line, resume)
              })
            }
            if (line.startsWith("wake"))
              waiting.get(line.replace("wake", "wait"))?.(Effect.succeed(line.replace("wake", "woken")))
            return Effect.succeed(line)
          })
        })
        const client = yield* connect(yield* server.address)
        yield* client.send("wait1\nwait2\n")
        // Whatever was sent before is handled when a round trip is over: the next chunk then finds the loop parked.
        yield* roundTrip(yield* server.address)
        yield* client.send("a\nwake1\nb\nwake2\nc\n")
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "woken1\nwoken2\na\nwake1\nb\nwake2\nc\n", ending: "eof" })
        assert.deepStrictEqual(seen, ["wait1", "wait2", "ping", "a", "wake1", "b", "wake2", "c"])
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S49 the same from a single-frame chunk, with input that arrives while a handler waits", () =>
    Effect.gen(function* () {
      let wake: ((effect: Effect.Effect<string>) => void) | undefined
      const server = yield* Server.make({
        handler: Handler.frames({ codec: text, concurrency: 2 }, (line) => {
          if (line === "ping") return Effect.succeed(line)
          if (line === "wait") {
            return Effect.callback<string>((resume) => {
              wake = resume
            })
          }
          wake?.(Effect.succeed("woken"))
          return Effect.succeed(line)
        })
      })
      const client = yield* connect(yield* server.address)
      yield* client.send("wait\n")
      yield* roundTrip(yield* server.address)
      yield* client.send("wake\n")
      assert.strictEqual(yield* client.line, "woken\n")
      assert.strictEqual(yield* client.line, "wake\n")
      // Nothing may be lost afterwards either: the loop still listens.
      yield* client.send("again\n")
      assert.strictEqual(yield* client.line, "again\n")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S54 after the function has aborted its connection no further frame is handled", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        const server = yield* Server.make({
          handler: Handler.frames({ codec: text }, (line, connection) => {
            seen.push(line)
            if (line === "abort") connection.transport.abortUnsafe()
            return Effect.void
          })
        })
        const client = yield* connect(yield* server.address)
        yield* client.send("one\n")
        yield* client.send("abort\ntwo\nthree\n")
        const { ending } = yield* client.rest
        assert.strictEqual(ending === "eof" ? ending : ending.code, "ECONNRESET")
        assert.deepStrictEqual(seen, ["one", "abort"])
        assert.strictEqual((yield* recorder.nextEnd).reason, "handled")
        assert.deepStrictEqual(recorder.lines(), [])
      })
    ).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S3 S54 a hard shutdown from inside the function stops its own loop at once", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        let stop: Effect.Effect<unknown> = Effect.void
        const context = yield* Effect.context<never>()
        const server = yield* Server.make({
          handler: Handler.frames({ codec: text }, (line) => {
            seen.push(line)
            if (line === "stop") Effect.runForkWith(context)(stop)
            return Effect.void
          })
        })
        stop = server.hardShutdown
        const client = yield* connect(yield* server.address)
        yield* client.send("one\n")
        yield* client.send("stop\ntwo\nthree\n")
        const report = yield* server.stopped
        assert.strictEqual(report.aborted, 1)
        assert.deepStrictEqual(seen, ["one", "stop"])
        assert.deepStrictEqual(recorder.reasons, ["aborted"])
      })
    ).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S54 a function that interrupts the loop it is called from is not called again", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const stop = yield* Deferred.make<void>()
      const server = yield* Server.make({
        handler: Handler.connection((connection) => {
          const loop = Handler.serveFrames(connection, { codec: text }, (line) => {
            seen.push(line)
            if (line === "stop") Deferred.doneUnsafe(stop, Effect.void)
            return Effect.void
          })
          return Effect.andThen(Effect.raceFirst(loop, Deferred.await(stop)), connection.write(bytes("stopped\n")))
        })
      })
      const client = yield* connect(yield* server.address)
      yield* client.send("one\n")
      yield* client.send("stop\ntwo\n")
      assert.deepStrictEqual(yield* client.rest, { text: "stopped\n", ending: "eof" })
      assert.deepStrictEqual(seen, ["one", "stop"])
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S49 S51 a write from inside the function leaves before its reply", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const server = yield* Server.make({
        handler: Handler.frames({ codec: text }, (line, connection) => {
          Effect.runForkWith(context)(connection.write(bytes(`pushed ${line}\n`)))
          return Effect.succeed(line)
        })
      })
      const client = yield* connect(yield* server.address)
      yield* client.send("a\nb\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "pushed a\na\npushed b\nb\n", ending: "eof" })
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("a handler that uses its own server", () => {
  it.effect("S8 a graceful shutdown started by a handler lets the handler finish and delivers its reply", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        let server: Server.Server["Service"] | undefined
        const started = yield* Server.make({
          handler: Handler.frames({ codec: text }, (line) =>
            line === "stop" && server !== undefined
              ? Effect.as(Effect.forkDetach(server.shutdown(), { startImmediately: true }), "stopping")
              : Effect.succeed(line)
          )
        })
        server = started
        const client = yield* connect(yield* started.address)
        yield* client.send("a\nstop\nb\n")
        assert.deepStrictEqual(yield* client.rest, { text: "a\nstopping\nb\n", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* started.stopped).aborted, 0)
        assert.strictEqual(recorder.ended.length, 1)
      })
    ).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  for (const concurrency of [1, 4]) {
    it.effect(
      `S14 a handler that waits for the hard shutdown of its own server does not hold it (concurrency ${concurrency})`,
      () =>
        Effect.gen(function* () {
          let stop: Effect.Effect<unknown> = Effect.void
          const server = yield* Server.make({
            handler: Handler.frames({ codec: text, concurrency }, () => Effect.as(stop, "never"))
          })
          stop = server.hardShutdown
          const client = yield* connect(yield* server.address)
          yield* client.send("stop\nstop\n")
          assert.strictEqual((yield* server.stopped).aborted, 1)
          assert.strictEqual((yield* client.rest).text, "")
        }).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }
})
