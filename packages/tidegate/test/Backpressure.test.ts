/**
 * Peers that do not read, and peers that send more than their share.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Proxy from "@tidegate/codec/Proxy"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { EventSink } from "tidegate/Events"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { between } from "./support/FramePlan.ts"
import { lending } from "./support/Lent.ts"
import { atRest, serverSide } from "./support/OnMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { simulate } from "./support/Simulation.ts"

const Bounds = Schema.Struct({
  seed: between(0, 1_000_000_000),
  concurrency: Schema.Literals([1, 2, 8]),
  suspends: Schema.Boolean,
  lends: Schema.Boolean,
  lineBytes: between(1, 200),
  replyBytes: between(1, 1000),
  highWaterMarkBytes: between(1, 2000),
  readAheadBytes: between(1, 2000),
  kernelBytes: between(50, 2000)
})

const lineCount = 200

describe("a peer that never reads", () => {
  it.prop(
    "S50 FF-27 FF-37 memory stays flat: frames in flight, the outgoing queue and what is read ahead keep their bounds, then all goes on",
    { bounds: Bounds },
    ({ bounds }) =>
      simulate(
        bounds.seed,
        Effect.gen(function* () {
          const { concurrency, highWaterMarkBytes, kernelBytes, readAheadBytes } = bounds
          const reply = "r".repeat(bounds.replyBytes)
          let handled = 0
          let mostQueued = 0
          let mostInFlight = 0
          const codec = bounds.lends ? lending(text) : text
          const handler = Handler.frames({ codec, concurrency }, (_, connection) => {
            handled++
            mostQueued = Math.max(mostQueued, connection.transport.queuedUnsafe())
            mostInFlight = Math.max(mostInFlight, connection.inFlight)
            return bounds.suspends ? Effect.as(Effect.yieldNow, reply) : Effect.succeed(reply)
          })
          const { address, server } = yield* serve(handler, { highWaterMarkBytes, readAheadBytes })
          const client = yield* connect(address)
          const line = `${"x".repeat(bounds.lineBytes - 1)}\n`
          const sending = yield* Effect.forkChild(client.send(line.repeat(lineCount)))
          yield* atRest
          const own = yield* serverSide
          assert.isAtMost(own.queuedUnsafe(), highWaterMarkBytes + reply.length + 1)
          assert.isAtMost(mostQueued, highWaterMarkBytes + reply.length + 1)
          assert.isAtMost(mostInFlight, concurrency + 1)
          assert.isAtMost((yield* server.info).inFlight, concurrency + 1)
          // Read and not handled: the transport's bound and a chunk, the chunk whose frames are being handled, and part of a frame.
          assert.isAtMost(own.bytesIn - handled * line.length, readAheadBytes + 2 * kernelBytes + line.length)
          const stoppedAt = handled
          yield* atRest
          assert.strictEqual(handled, stoppedAt)
          yield* Effect.forkChild(Effect.andThen(Fiber.join(sending), client.end))
          const { ending, text: received } = yield* client.rest
          assert.strictEqual(ending, "eof")
          assert.strictEqual(received, `${reply}\n`.repeat(lineCount))
        }).pipe(
          Effect.provide(
            SimulatedNetwork.layer({
              link: {
                sendBufferBytes: bounds.kernelBytes,
                receiveBufferBytes: bounds.kernelBytes,
                segmentBytes: bounds.kernelBytes,
                readBytes: bounds.kernelBytes
              }
            })
          )
        )
      ),
    { arbitrary: { runs: 40 }, timeout: 30_000 }
  )

  it("FF-27 FF-28 with equal high- and low-water marks, and exactly as much queued, writers neither spin nor stall", () =>
    simulate(
      1,
      Effect.gen(function* () {
        const frame = bytes("123456789\n")
        const flood = Handler.connection((connection) => Effect.repeat(connection.write(frame), { times: 99 }))
        const { address } = yield* serve(flood, { highWaterMarkBytes: frame.length, lowWaterMarkBytes: frame.length })
        const client = yield* connect(address)
        yield* atRest
        assert.strictEqual((yield* serverSide).queuedUnsafe(), frame.length)
        assert.deepStrictEqual(yield* client.rest, { text: "123456789\n".repeat(100), ending: "eof" })
      }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { sendBufferBytes: 10, receiveBufferBytes: 10 } })))
    ))

  it("B96 a large body for a slow reader: never more queued than the high-water mark and a chunk", () =>
    simulate(
      1,
      Effect.gen(function* () {
        const chunk = new Uint8Array(65_536).fill(120)
        let mostQueued = 0
        const body = Handler.connection((connection) =>
          Effect.repeat(
            Effect.map(connection.write(chunk), () => {
              mostQueued = Math.max(mostQueued, connection.transport.queuedUnsafe())
            }),
            { times: 159 }
          )
        )
        const { address } = yield* serve(body, { highWaterMarkBytes: 100_000 })
        const client = yield* connect(address)
        let received = 0
        const sip = Effect.andThen(
          Effect.sleep("1 second"),
          Effect.map(client.connection.read, (bytes) => void (received += bytes.length))
        )
        yield* Effect.ignore(Effect.forever(sip))
        assert.strictEqual(received, 160 * chunk.length)
        assert.isAtMost(mostQueued, 100_000 + chunk.length)
        assert.isAbove(mostQueued, 100_000)
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
    ))

  it("FF-09 FF-27 S6 a hard shutdown cuts a writer that waits for it, at once", () =>
    simulate(
      1,
      recorded((recorder) =>
        Effect.gen(function* () {
          const exits: Array<string> = []
          const flood = Handler.connection((connection) =>
            Effect.onExit(Effect.forever(connection.write(new Uint8Array(10_000))), (exit) =>
              Effect.sync(() => exits.push(exit._tag))
            )
          )
          const { address, server } = yield* serve(flood)
          yield* connect(address)
          yield* atRest
          assert.deepStrictEqual(exits, [])
          assert.strictEqual((yield* server.hardShutdown).aborted, 1)
          assert.deepStrictEqual(exits, ["Failure"])
          assert.deepStrictEqual(recorder.reasons, ["aborted"])
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    ))

  it("FF-09 S113 at a handler's end it has the close timeout to take something, and is then cut and called stalled", () =>
    simulate(
      1,
      recorded((recorder) =>
        Effect.gen(function* () {
          const reply = "x".repeat(1_000_000)
          const { address } = yield* serve(
            Handler.connection((connection) => connection.write(bytes(reply))),
            {
              closeTimeout: "5 seconds"
            }
          )
          const stalled = yield* connect(address)
          const slow = yield* connect(address)
          // In its first five seconds its kernel has taken what fits, in the next nothing. The slow one takes something every four
          // seconds: it is waited for, and gets everything.
          let received = 0
          const sip = Effect.andThen(
            Effect.sleep("4 seconds"),
            Effect.map(slow.connection.read, (chunk) => void (received += chunk.length))
          )
          yield* Effect.ignore(Effect.forever(sip))
          assert.strictEqual(received, reply.length)
          yield* slow.end
          const { ending } = yield* stalled.rest
          assert.strictEqual(ending === "eof" ? ending : ending.code, "ECONNRESET")
          yield* recorder.nextEnd
          yield* recorder.nextEnd
          const ends = recorder.ended.map(({ id, milliseconds, reason }) => ({
            id,
            reason,
            inTime: milliseconds <= 10_000
          }))
          assert.deepStrictEqual(ends, [
            { id: 1, reason: "stalled", inTime: true },
            { id: 2, reason: "handled", inTime: false }
          ])
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 20_000 } })))
    ))
})

describe("a codec that has given all that it gives", () => {
  it("P3 FF-27 is fed no more: what stands behind its frame stays with the transport, whose bound holds", () =>
    simulate(
      1,
      Effect.gen(function* () {
        const { address } = yield* serve(
          Handler.frames({ codec: Proxy.make() }, () => Effect.void),
          { readAheadBytes: 1000 }
        )
        const client = yield* connect(address)
        yield* Effect.forkChild(client.send(`PROXY UNKNOWN\r\n${"x".repeat(1_000_000)}`))
        yield* atRest
        assert.isAtMost((yield* serverSide).bytesIn, 10_000)
      }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 1000 } })))
    ))
})

describe("a peer that sends as many of the smallest frames as it can", () => {
  const kinds: ReadonlyArray<{
    readonly name: string
    readonly frame: string
    readonly count: number
    readonly concurrency?: number
    readonly effect?: () => Effect.Effect<void>
  }> = [
    { name: "empty lines", frame: "\n", count: 1_048_576 },
    { name: "lines of a byte", frame: "y\n", count: 524_288 },
    { name: "effects that are run", frame: "\n", count: 262_144, effect: () => Effect.sync(() => {}) },
    { name: "effects at once", frame: "\n", count: 131_072, concurrency: 4, effect: () => Effect.sync(() => {}) },
    { name: "frames that are skipped", frame: "long\n", count: 52_429 },
    { name: "frames that are skipped, handled at once", frame: "long\n", count: 52_429, concurrency: 4 },
    { name: "lines for a conversation", frame: "\n", count: 131_072, concurrency: 0 },
    { name: "frames that a conversation skips", frame: "long\n", count: 52_429, concurrency: 0 }
  ]
  for (const { concurrency = 1, count, effect = () => Effect.void, frame, name } of kinds) {
    it.effect(
      `FF-51 another connection is served every few turns meanwhile (${name})`,
      () =>
        Effect.gen(function* () {
          let small = 0
          const waited: Array<number> = []
          const onLine = (line: string): Effect.Effect<string | void> => {
            if (line === "x") return Effect.succeed(line)
            small++
            return effect()
          }
          const conversation = Handler.connection(
            Effect.fnUntraced(function* (connection) {
              const lines = yield* FramedConnection.make(connection, short)
              const each = Effect.flatMap(lines.next, (line) =>
                Effect.flatMap(onLine(line), (reply) => (reply === undefined ? Effect.void : lines.write(reply)))
              )
              yield* Effect.catchIf(Effect.forever(each, { disableYield: true }), Cause.isDone, () => Effect.void)
            })
          )
          const frames = Handler.frames({ codec: short, concurrency: Math.max(1, concurrency) }, onLine)
          const { address } = yield* Effect.provideService(
            serve(concurrency === 0 ? conversation : frames),
            EventSink,
            ({ _tag }) => {
              if (_tag === "FrameRefused") small++
            }
          )
          const flooding = yield* connect(address)
          const other = yield* connect(address)
          const sending = yield* Effect.forkChild(Effect.andThen(flooding.send(frame.repeat(count)), flooding.end))
          while (small < count) {
            const before = small
            yield* other.send("x\n")
            assert.strictEqual(yield* other.line, "x\n")
            waited.push(small - before)
          }
          yield* Fiber.join(sending)
          // A round trip is some turns of the network, and in each the flood may take one of its own.
          assert.isAtMost(Math.max(...waited), 256 * 16)
          assert.isAtLeast(waited.length, count / (256 * 16))
        }).pipe(Effect.provide(SimulatedNetwork.layer())),
      30_000
    )
  }
})

const short = Line.make({ encoding: "utf8", maxLength: 3, onTooLong: "discard" })
