import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { closedLocally, TransportError } from "tidegate/Errors"
import { Writer } from "../src/Writer.ts"
import { oneByteBuffers, pair, received } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"
import { simulate } from "./support/Simulation.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const turns = (count: number): Effect.Effect<void> =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 })

/** `size` bytes that all say whose they are. */
const mark = (who: number, size: number): Uint8Array => new Uint8Array(size).fill(who)

// --- frames that can be recognized ---

interface Frame {
  readonly writer: number
  readonly sequence: number
  readonly length: number
}

/** Writer, sequence and length, then as many bytes that repeat the first two, in pieces of the given sizes, 0 included. */
const encoded = ({ length, sequence, writer }: Frame, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const bytes = Uint8Array.from([writer, sequence, length, ...mark(writer * 16 + sequence, length)])
  const pieces: Array<Uint8Array> = []
  let from = 0
  for (const size of sizes) {
    pieces.push(bytes.slice(from, from + size))
    from += size
  }
  pieces.push(bytes.slice(from))
  return pieces
}

/** The frames that came in; throws at the first byte that does not belong where it stands. */
const decoded = (bytes: ReadonlyArray<number>): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (let at = 0; at < bytes.length; ) {
    const [writer = -1, sequence = -1, length = -1] = bytes.slice(at, at + 3)
    const body = bytes.slice(at + 3, at + 3 + length)
    if (length < 0 || body.length < length || body.some((byte) => byte !== writer * 16 + sequence)) {
      throw new Error(`torn frame at byte ${at} of ${bytes.join(" ")}`)
    }
    frames.push({ writer, sequence, length })
    at += 3 + length
  }
  return frames
}

const WriterPlan = Schema.Struct({
  turnsBefore: between(0, 6),
  lengths: Schema.Array(between(0, 6)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  pieces: Schema.Array(between(0, 4)).pipe(Schema.check(Schema.isMaxLength(4))),
  interruptAfter: Schema.Literals([-1, -1, -1, 0, 2, 5, 20])
})

const Plan = Schema.Struct({
  seed: between(0, 1_000_000_000),
  sendBufferBytes: between(1, 6),
  receiveBufferBytes: between(1, 6),
  segmentBytes: between(1, 4),
  highWaterMarkBytes: between(1, 12),
  writers: Schema.Array(WriterPlan).pipe(Schema.check(Schema.isMinLength(2), Schema.isMaxLength(5)))
})

/** Longest frame of a plan: header and six bytes. */
const longestFrame = 9

const writeAll = Effect.fnUntraced(function* (plan: typeof Plan.Type) {
  const { highWaterMarkBytes, receiveBufferBytes, segmentBytes, sendBufferBytes } = plan
  const link = { receiveBufferBytes, segmentBytes, sendBufferBytes }
  const { client, server } = yield* pair({ link, highWaterMarkBytes, lowWaterMarkBytes: highWaterMarkBytes >> 1 })
  const writer = new Writer(server)
  const sent = plan.writers.map((): Array<Frame> => [])
  let mostQueued = 0
  const reader = yield* Effect.forkChild(received(client))
  const fibers: Array<Fiber.Fiber<void, TransportError>> = []
  for (const [number, { interruptAfter, lengths, pieces, turnsBefore }] of plan.writers.entries()) {
    const one = ([sequence, length]: readonly [number, number]) =>
      Effect.map(writer.write(encoded({ writer: number, sequence, length }, pieces)), () => {
        mostQueued = Math.max(mostQueued, server.queuedUnsafe())
        sent[number]?.push({ writer: number, sequence, length })
      })
    const all = Effect.andThen(turns(turnsBefore), Effect.forEach(lengths.entries(), one, { discard: true }))
    const fiber = yield* Effect.forkChild(all)
    fibers.push(fiber)
    if (interruptAfter >= 0) {
      yield* Effect.forkChild(Effect.andThen(turns(interruptAfter), Fiber.interrupt(fiber)))
    }
  }
  for (const fiber of fibers) yield* Fiber.await(fiber)
  yield* writer.close
  yield* server.end
  return { frames: decoded(yield* Fiber.join(reader)), sent, mostQueued }
})

describe("Writer", () => {
  it.prop(
    "S50 S51 FF-27 FF-29 FF-30 frames of several fibers through tiny buffers: whole, in each fiber's order, within the bound",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const { frames, mostQueued, sent } = simulate(plan.seed, writeAll(plan))
      assert.isAtMost(mostQueued, plan.highWaterMarkBytes - 1 + longestFrame)
      plan.writers.forEach(({ interruptAfter, lengths }, number) => {
        const own = frames.filter((frame) => frame.writer === number)
        const wanted = lengths.map((length, sequence) => ({ writer: number, sequence, length }))
        assert.deepStrictEqual(own, wanted.slice(0, own.length))
        // An interrupted writer may have had its last frame taken in the instant of the interruption.
        const taken = sent[number]?.length ?? 0
        if (interruptAfter < 0) assert.strictEqual(own.length, lengths.length)
        else assert.include([taken, taken + 1], own.length)
      })
    },
    { arbitrary: { runs: 500 } }
  )

  it.effect("S50 FF-27 a client that never reads: not more than the high-water mark and one frame is held", () =>
    Effect.gen(function* () {
      const { server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 100, lowWaterMarkBytes: 10 })
      const writer = new Writer(server)
      for (let i = 0; i < 50; i++) {
        yield* Effect.forkChild(writer.write([mark(1, 30), mark(1, 3)]), { startImmediately: true })
      }
      yield* settled(() => server.queuedUnsafe())
      assert.isAtLeast(server.queuedUnsafe(), 100)
      assert.isAtMost(server.queuedUnsafe(), 100 + 33)
      assert.isFalse(writer.isIdleUnsafe())
      assert.isFalse(writer.offerUnsafe(mark(1, 1)))
    })
  )

  it.effect("S50 after the high-water mark nothing is taken before the low-water mark is reached", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 60, lowWaterMarkBytes: 20 })
      const writer = new Writer(server)
      yield* writer.write(mark(1, 70))
      yield* settled(() => server.queuedUnsafe())
      const taken: Array<number> = []
      const waiting = yield* Effect.forkChild(
        Effect.map(writer.write(mark(2, 5)), () => void taken.push(server.queuedUnsafe())),
        { startImmediately: true }
      )
      while (taken.length === 0) {
        yield* client.read
        yield* settled(() => server.queuedUnsafe() + taken.length)
      }
      yield* Fiber.join(waiting)
      // Taken when 20 were left, neither before nor after.
      assert.deepStrictEqual(taken, [25])
      // Between the marks there is room again: the high-water mark was not reached since.
      assert.isTrue(writer.offerUnsafe(mark(3, 5)))
    })
  )

  it.effect("S51 who comes later waits behind who waits for room, even if there is room meanwhile", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
      const writer = new Writer(server)
      yield* writer.write(mark(1, 8))
      for (const who of [2, 3, 4]) yield* Effect.forkChild(writer.write(mark(who, 8)), { startImmediately: true })
      const reader = yield* Effect.forkChild(received(client), { startImmediately: true })
      yield* writer.close
      yield* server.end
      const frames = [1, 2, 3, 4].flatMap((who) => Array.from(mark(who, 8)))
      assert.deepStrictEqual(yield* Fiber.join(reader), frames)
    })
  )

  it.effect("FF-30 interrupted while it waits for room: nothing of the frame is sent, the next one goes on", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
      const writer = new Writer(server)
      yield* writer.write(mark(1, 8))
      const [waitsForRoom, waitsForTurn] = [
        yield* Effect.forkChild(writer.write(mark(2, 8)), { startImmediately: true }),
        yield* Effect.forkChild(writer.write(mark(3, 8)), { startImmediately: true })
      ]
      const last = yield* Effect.forkChild(writer.write(mark(4, 8)), { startImmediately: true })
      yield* Fiber.interrupt(waitsForTurn)
      yield* Fiber.interrupt(waitsForRoom)
      const reader = yield* Effect.forkChild(received(client), { startImmediately: true })
      yield* Fiber.join(last)
      yield* writer.close
      yield* server.end
      assert.deepStrictEqual(yield* Fiber.join(reader), [...mark(1, 8), ...mark(4, 8)])
    })
  )
})

// --- the end ---

/** Four writers behind a full queue, in the order in which they failed and with what. */
const failures = Effect.fnUntraced(function* (
  end: (both: Effect.Success<ReturnType<typeof pair>>) => Effect.Effect<void>
) {
  const both = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
  const { server } = both
  const writer = new Writer(server)
  yield* writer.write(mark(1, 8))
  const failed: Array<number> = []
  const errors: Array<TransportError> = []
  const fibers: Array<Fiber.Fiber<void>> = []
  for (const who of [2, 3, 4, 5]) {
    const waits = Effect.map(Effect.flip(writer.write([mark(who, 4), mark(who, 4)])), (error) => {
      failed.push(who)
      errors.push(error)
    })
    fibers.push(yield* Effect.forkChild(Effect.orDie(waits), { startImmediately: true }))
  }
  yield* settled(() => server.queuedUnsafe())
  yield* end(both)
  // A waiter that nobody wakes lets the test time out here.
  for (const fiber of fibers) yield* Fiber.join(fiber)
  errors.push(yield* Effect.flip(writer.write(mark(6, 1))))
  assert.strictEqual(server.bytesOut, 8)
  assert.isTrue(writer.isIdleUnsafe())
  return { failed, errors: errors.map(({ code, errorClass, operation }) => ({ operation, code, errorClass })) }
})

const written = (code: string, times: number) =>
  Array.from({ length: times }, () => ({ operation: "write", code, errorClass: "fatal" }))

describe("Writer at the end of its connection", () => {
  it.effect("S53 S54 FF-23 FF-28 the peer's reset fails every waiting writer, first to last, and every later one", () =>
    Effect.gen(function* () {
      const seen = yield* failures(({ client }) => client.abort)
      assert.deepStrictEqual(seen, { failed: [2, 3, 4, 5], errors: written("ECONNRESET", 5) })
    })
  )

  it.effect("S54 FF-23 so does an abort by this side", () =>
    Effect.gen(function* () {
      const seen = yield* failures(({ server }) => server.abort)
      assert.deepStrictEqual(seen, { failed: [2, 3, 4, 5], errors: written(closedLocally, 5) })
    })
  )

  it.effect("S54 and FIN sent past the writer", () =>
    Effect.gen(function* () {
      const seen = yield* failures(({ server }) => server.end)
      assert.deepStrictEqual(seen, { failed: [2, 3, 4, 5], errors: written(closedLocally, 5) })
    })
  )

  it.effect("FF-23 a write after the end does not stand in line behind those who are still to be told", () =>
    Effect.gen(function* () {
      const { server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
      const writer = new Writer(server)
      yield* writer.write(mark(1, 8))
      const waiting = yield* Effect.forEach([2, 3, 4], (who) =>
        Effect.forkChild(Effect.exit(writer.write(mark(who, 4))), { startImmediately: true })
      )
      server.abortUnsafe()
      const late = yield* Effect.forkChild(Effect.flip(writer.write(mark(5, 1))), { startImmediately: true })
      assert.isDefined(late.pollUnsafe())
      assert.isUndefined(waiting[2]?.pollUnsafe())
      for (const fiber of waiting) assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
    })
  )

  it.effect("S61 the error names the operation and the peer", () =>
    Effect.gen(function* () {
      const { server } = yield* pair()
      yield* server.abort
      const error = yield* Effect.flip(new Writer(server).write(mark(1, 1)))
      assert.match(error.message, /^write 127\.0\.0\.1:\d+: closed by this side \(ELOCAL\)$/)
    })
  )

  it.effect.prop(
    "B76 S54 close lets every write called before it finish in order, and refuses every one called after it",
    {
      before: Arbitrary.array(Arbitrary.schema(between(1, 9)), { maxLength: 6 }),
      after: Arbitrary.array(Arbitrary.schema(between(1, 9)), { maxLength: 4 }),
      highWaterMarkBytes: Arbitrary.schema(between(1, 12))
    },
    ({ after, before, highWaterMarkBytes }) =>
      Effect.gen(function* () {
        const { client, server } = yield* pair({ ...oneByteBuffers, highWaterMarkBytes, lowWaterMarkBytes: 0 })
        const writer = new Writer(server)
        const write = (size: number, who: number) =>
          Effect.forkChild(writer.write(mark(who, size)), { startImmediately: true })
        yield* writer.write(mark(0, 15))
        const earlier = yield* Effect.forEach(before, (size, at) => write(size, 1 + at))
        const closes = yield* Effect.forkChild(Effect.andThen(writer.close, server.end), { startImmediately: true })
        const again = yield* Effect.forkChild(writer.close, { startImmediately: true })
        const later = yield* Effect.forEach(after, (size, at) => write(size, 100 + at))
        const bytes = yield* received(client)
        for (const fiber of [...earlier, closes, again]) yield* Fiber.join(fiber)
        for (const fiber of later) {
          const exit = yield* Fiber.await(fiber)
          assert.isTrue(Exit.isFailure(exit))
        }
        const frames = [...mark(0, 15), ...before.flatMap((size, at) => Array.from(mark(1 + at, size)))]
        assert.deepStrictEqual(bytes, frames)
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect("S54 FF-23 after close a write fails at once, with or without room, and closing again is nothing", () =>
    Effect.gen(function* () {
      const { server } = yield* pair()
      const writer = new Writer(server)
      yield* writer.close
      yield* writer.close
      assert.isFalse(writer.offerUnsafe(mark(1, 1)))
      const error = yield* Effect.flip(writer.write(mark(1, 1)))
      assert.instanceOf(error, TransportError)
      assert.strictEqual(error.code, closedLocally)
      assert.isTrue(writer.isIdleUnsafe())
      assert.strictEqual(server.bytesOut, 0)
    })
  )

  it.prop(
    "FF-23 flush fails only with the connection, however it is preempted among writers",
    { seed: between(0, 1_000_000_000) },
    ({ seed }) => {
      const exit = simulate(
        seed,
        Effect.gen(function* () {
          const { client, server } = yield* pair(oneByteBuffers)
          const writer = new Writer(server)
          const reader = yield* Effect.forkChild(received(client))
          const write = Effect.andThen(Effect.yieldNow, writer.write(mark(1, 4)))
          const writes = yield* Effect.forkChild(Effect.repeat(write, { times: 8 }))
          const flushes = yield* Effect.forkChild(Effect.repeat(writer.flush, { times: 20 }))
          yield* Fiber.join(writes)
          const exit = yield* Fiber.await(flushes)
          yield* server.end
          yield* Fiber.join(reader)
          return exit
        })
      )
      assert.isTrue(Exit.isSuccess(exit))
    },
    { arbitrary: { runs: 300 } }
  )

  it.effect("S50 flush completes when everything taken was handed to the kernel, and fails with the connection", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair(oneByteBuffers)
      const writer = new Writer(server)
      yield* writer.flush
      yield* writer.write(mark(1, 8))
      const flushed = yield* Effect.forkChild(writer.flush, { startImmediately: true })
      yield* settled(() => server.queuedUnsafe())
      assert.isUndefined(flushed.pollUnsafe())
      while (server.queuedUnsafe() > 0) {
        yield* client.read
        yield* settled(() => server.queuedUnsafe())
      }
      yield* Fiber.join(flushed)
      yield* writer.write(mark(1, 8))
      const fails = yield* Effect.forkChild(Effect.flip(writer.flush), { startImmediately: true })
      yield* client.abort
      assert.strictEqual((yield* Fiber.join(fails)).code, "ECONNRESET")
    })
  )
})
