import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { closedLocally, type TransportError } from "tidegate/Errors"
import { type CloseBounds, descend } from "../src/CloseLadder.ts"
import { oneByteBuffers, type Pair, pair, received } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"
import { simulate } from "./support/Simulation.ts"

const bounds: CloseBounds = {
  closeTimeout: Duration.seconds(5),
  lingerTimeout: Duration.seconds(2),
  maxLingerBytes: 10
}

const mark = (who: number, size: number): Uint8Array => new Uint8Array(size).fill(who)

/** Until nothing moves in the network. */
const quiet = ({ client, server }: Pair): Effect.Effect<void> =>
  settled(() => server.bytesIn + client.bytesIn + server.queuedUnsafe() + client.queuedUnsafe())

const start = (both: Pair, within: CloseBounds = bounds) =>
  Effect.tap(Effect.forkChild(descend(both.connection, within), { startImmediately: true }), () => quiet(both))

/** A tenth of a second at a time, with everything settled in between: woken fibers pass more than one turn. */
const pass = (both: Pair, milliseconds: number): Effect.Effect<void> =>
  Effect.repeat(Effect.andThen(TestClock.adjust("100 millis"), quiet(both)), { times: milliseconds / 100 - 1 })

describe("CloseLadder, the writer drained", () => {
  it.effect("S62 the peer has ended and nothing is owed: closed at once, and no timer is armed", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      const { client, connection, server } = both
      yield* connection.write(mark(1, 4))
      yield* client.end
      yield* server.readable
      yield* quiet(both)
      const clock = yield* Clock.Clock
      const timeless: Clock.Clock = Object.assign(Object.create(clock), {
        sleep: () => Effect.die("a timer was armed")
      })
      assert.isTrue(yield* Effect.provideService(descend(connection, bounds), Clock.Clock, timeless))
      assert.strictEqual(server.closeReason, "both-ended")
      assert.deepStrictEqual(yield* received(client), Array.from(mark(1, 4)))
      assert.strictEqual(client.inputEnd, "eof")
    })
  )

  it.effect("S62 FF-07 FIN comes after the last byte of the last reply, and never RST", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      const { client, connection, server } = both
      yield* connection.write(mark(1, 40))
      const ladder = yield* start(both)
      assert.deepStrictEqual(yield* received(client), Array.from(mark(1, 40)))
      assert.strictEqual(client.inputEnd, "eof")
      yield* client.end
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(server.closeReason, "both-ended")
    })
  )

  it.effect("FF-09 a peer that takes nothing for the close timeout is aborted, not before", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      const { client, connection, server } = both
      yield* connection.write(mark(1, 40))
      yield* quiet(both)
      const ladder = yield* start(both)
      yield* pass(both, 4900)
      assert.isUndefined(ladder.pollUnsafe())
      yield* pass(both, 100)
      assert.isFalse(yield* Fiber.join(ladder))
      assert.strictEqual(server.closeReason, "reset-sent")
      yield* received(client)
      assert.strictEqual((client.inputEnd as TransportError).code, "ECONNRESET")
    })
  )

  it.effect("FF-09 a slow peer that takes something in every close timeout is waited for", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      const { client, connection } = both
      yield* connection.write(mark(1, 12))
      const ladder = yield* start(both, { ...bounds, lingerTimeout: Duration.infinity })
      const bytes: Array<number> = []
      while (bytes.length < 12) {
        yield* pass(both, 4000)
        assert.isUndefined(ladder.pollUnsafe())
        bytes.push(...(yield* client.read))
      }
      yield* client.end
      assert.deepStrictEqual(bytes, Array.from(mark(1, 12)))
      assert.isTrue(yield* Fiber.join(ladder))
    })
  )

  it.effect("FF-09 a peer that stops after it was slow is aborted too, within two close timeouts", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      yield* both.connection.write(mark(1, 40))
      const ladder = yield* start(both)
      yield* pass(both, 2000)
      yield* both.client.read
      yield* pass(both, 2000)
      yield* both.client.read
      yield* quiet(both)
      yield* pass(both, 6000)
      assert.isFalse(yield* Fiber.join(ladder))
    })
  )

  it.effect("B76 S54 writes called before the end are finished, in order; later ones are refused", () =>
    Effect.gen(function* () {
      const both = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
      const { client, connection } = both
      const write = (who: number) => Effect.forkChild(connection.write(mark(who, 8)), { startImmediately: true })
      const earlier = yield* Effect.forEach([1, 2, 3], write)
      const ladder = yield* start(both)
      const late = yield* Effect.forkChild(Effect.flip(connection.write(mark(4, 8))), { startImmediately: true })
      assert.deepStrictEqual(yield* received(client), [...mark(1, 8), ...mark(2, 8), ...mark(3, 8)])
      assert.strictEqual(client.inputEnd, "eof")
      for (const fiber of earlier) yield* Fiber.join(fiber)
      assert.strictEqual((yield* Fiber.join(late)).code, closedLocally)
      yield* client.end
      assert.isTrue(yield* Fiber.join(ladder))
    })
  )

  it.effect("B76 fibers that go on pushing to a slow peer do not hold the end up: it keeps its place in the line", () =>
    Effect.gen(function* () {
      const both = yield* pair({ ...oneByteBuffers, highWaterMarkBytes: 1, lowWaterMarkBytes: 0 })
      const { client, connection } = both
      const push = (who: number) =>
        Effect.forkChild(Effect.flip(Effect.forever(connection.write(mark(who, 4)))), { startImmediately: true })
      const pushers = yield* Effect.forEach([1, 2, 3], push)
      const ladder = yield* start(both)
      // Each frame takes 8 seconds, longer than the close timeout, and the peer takes something in each of them.
      const bytes: Array<number> = []
      const read = Effect.map(client.read, (chunk) => void bytes.push(...chunk))
      const reader = yield* Effect.forkChild(
        Effect.exit(Effect.forever(Effect.andThen(Effect.sleep("2 seconds"), read))),
        {
          startImmediately: true
        }
      )
      yield* pass(both, 60_000)
      assert.isDefined(ladder.pollUnsafe())
      yield* Fiber.join(reader)
      // The frames that were called before the end, and not one more.
      assert.deepStrictEqual(bytes, [...mark(1, 4), ...mark(2, 4), ...mark(3, 4)])
      for (const pusher of pushers) assert.strictEqual((yield* Fiber.join(pusher)).code, closedLocally)
      assert.isTrue(yield* Fiber.join(ladder))
    })
  )

  it.effect("FF-09 a peer that has ended and takes nothing is aborted too", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      yield* both.connection.write(mark(1, 40))
      yield* both.client.end
      yield* both.server.readable
      yield* quiet(both)
      const ladder = yield* start(both)
      yield* pass(both, 5000)
      assert.isFalse(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "reset-sent")
    })
  )

  it.effect("B76 a peer that has ended and is owed nothing yet still gets what waits for its turn", () =>
    Effect.gen(function* () {
      const small = {
        link: { sendBufferBytes: 100, receiveBufferBytes: 100 },
        highWaterMarkBytes: 4,
        lowWaterMarkBytes: 0
      }
      const both = yield* pair(small)
      const { client, connection, server } = both
      yield* connection.write(mark(1, 300))
      yield* client.end
      yield* server.readable
      yield* quiet(both)
      // The last write takes no room and is one step with the ladder: nothing is queued, and another fiber stands in the line.
      const last = Effect.andThen(connection.write(mark(2, 0)), descend(connection, bounds))
      const ladder = yield* Effect.forkChild(last, { startImmediately: true })
      const waiting = yield* Effect.forkChild(connection.write(mark(3, 10)), { startImmediately: true })
      assert.deepStrictEqual(yield* received(client), [...mark(1, 300), ...mark(3, 10)])
      yield* Fiber.join(waiting)
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(server.closeReason, "both-ended")
    })
  )

  it.effect("already reset by the peer: nothing is left to do", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      yield* both.client.abort
      yield* both.server.readable
      assert.isTrue(yield* descend(both.connection, bounds))
      assert.strictEqual(both.server.closeReason, "reset-received")
    })
  )

  it.effect("FF-28 reset by the peer while it is owed bytes: done at once, not at the timeout", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      yield* both.connection.write(mark(1, 40))
      const ladder = yield* start(both)
      yield* both.client.abort
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "reset-received")
    })
  )

  it.effect("interrupted, it leaves the connection to whoever interrupts: still open, no longer written", () =>
    Effect.gen(function* () {
      const both = yield* pair(oneByteBuffers)
      const { connection, server } = both
      yield* connection.write(mark(1, 40))
      const ladder = yield* start(both)
      yield* Fiber.interrupt(ladder)
      assert.isUndefined(server.closeReason)
      assert.isFalse(server.ended)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(connection.write(mark(2, 1)))))
    })
  )
})

describe("CloseLadder, the linger", () => {
  it.effect("FF-08 until the peer's FIN, whatever it still sends, and no longer", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      const { client, connection, server } = both
      yield* connection.write(mark(1, 4))
      const ladder = yield* start(both)
      assert.deepStrictEqual(yield* received(client), Array.from(mark(1, 4)))
      yield* pass(both, 1000)
      yield* client.write(mark(9, 10))
      yield* quiet(both)
      assert.isUndefined(ladder.pollUnsafe())
      yield* client.end
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(server.closeReason, "both-ended")
      assert.strictEqual(server.bytesDiscarded, 10)
      assert.strictEqual(client.closeReason, "both-ended")
    })
  )

  it.effect("FF-08 input that the handler has not read does not become an RST that eats the reply", () =>
    Effect.gen(function* () {
      const both = yield* pair({ link: { receiveBufferBytes: 64 }, readAheadBytes: 1 })
      const { client, connection } = both
      yield* client.write(mark(9, 200))
      yield* both.server.readable
      yield* quiet(both)
      yield* connection.write(mark(1, 50))
      const ladder = yield* start(both, { ...bounds, maxLingerBytes: 1000 })
      assert.deepStrictEqual(yield* received(client), Array.from(mark(1, 50)))
      assert.strictEqual(client.inputEnd, "eof")
      yield* client.end
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "both-ended")
    })
  )

  it.effect("FF-08 the peer that leaves its FIN out is let go at the linger timeout, not before", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      yield* both.connection.write(mark(1, 4))
      const ladder = yield* start(both)
      yield* pass(both, 1900)
      assert.isUndefined(ladder.pollUnsafe())
      yield* pass(both, 100)
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "released")
      assert.deepStrictEqual(yield* received(both.client), Array.from(mark(1, 4)))
      assert.strictEqual(both.client.inputEnd, "eof")
    })
  )

  it.effect("FF-08 the peer that sends more than the linger's bytes is let go at once", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      const ladder = yield* start(both)
      yield* both.client.write(mark(9, 10))
      yield* quiet(both)
      assert.isUndefined(ladder.pollUnsafe())
      yield* both.client.write(mark(9, 1))
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "released")
    })
  )

  it.effect("a linger timeout of 0 lets the peer go at once", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      yield* both.connection.write(mark(1, 4))
      const ladder = yield* start(both, { ...bounds, lingerTimeout: Duration.zero })
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "released")
      assert.deepStrictEqual(yield* received(both.client), Array.from(mark(1, 4)))
    })
  )

  it.effect("a timeout of Infinity waits for a FIN that comes late", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      const ladder = yield* start(both, {
        ...bounds,
        closeTimeout: Duration.infinity,
        lingerTimeout: Duration.infinity
      })
      yield* TestClock.adjust("100 days")
      assert.isUndefined(ladder.pollUnsafe())
      yield* both.client.end
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "both-ended")
    })
  )

  it.effect("FF-28 reset by the peer while it lingers: done at once", () =>
    Effect.gen(function* () {
      const both = yield* pair()
      const ladder = yield* start(both)
      yield* both.client.abort
      assert.isTrue(yield* Fiber.join(ladder))
      assert.strictEqual(both.server.closeReason, "reset-received")
    })
  )
})

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const Plan = Schema.Struct({
  seed: between(0, 1_000_000_000),
  bufferBytes: between(1, 8),
  highWaterMarkBytes: between(1, 12),
  /** Frames of each writer, and how long the ladder lets them run. */
  writers: Schema.Array(between(1, 4)).pipe(Schema.check(Schema.isMaxLength(4))),
  turnsBefore: between(0, 20),
  readDelay: Schema.Literals([0, 0, 100, 900]),
  endsFirst: Schema.Boolean,
  finDelay: Schema.Literals([0, 0, 1000, 3000])
})

const ascending = (a: number, b: number): number => a - b

/** Writers, a ladder that comes some time later, and a peer that takes its time; whose frames were taken, and what arrived. */
const play = Effect.fnUntraced(function* (plan: typeof Plan.Type) {
  const { bufferBytes, highWaterMarkBytes } = plan
  const both = yield* pair({
    link: { sendBufferBytes: bufferBytes, receiveBufferBytes: bufferBytes },
    highWaterMarkBytes,
    lowWaterMarkBytes: highWaterMarkBytes >> 1
  })
  const { client, connection, server } = both
  const taken: Array<number> = []
  const frames = (count: number, writer: number) =>
    Effect.forEach(
      Array.from({ length: count }, (_, at) => 1 + writer * 4 + at),
      (who) => Effect.map(connection.write([mark(who, 2), mark(who, 3)]), () => void taken.push(who)),
      { discard: true }
    )
  const peer = Effect.gen(function* () {
    if (plan.endsFirst) yield* client.end
    const bytes: Array<number> = []
    const read = Effect.map(
      Effect.andThen(Effect.sleep(plan.readDelay), client.read),
      (chunk) => void bytes.push(...chunk)
    )
    yield* Effect.exit(Effect.forever(read))
    yield* Effect.sleep(plan.finDelay)
    yield* client.end
    return bytes
  })
  const receiving = yield* Effect.forkChild(peer)
  const writing = yield* Effect.forEach(plan.writers, (count, writer) =>
    Effect.forkChild(Effect.exit(frames(count, writer)))
  )
  yield* Effect.repeat(Effect.yieldNow, { times: plan.turnsBefore })
  const delivered = yield* descend(connection, bounds)
  const bytes = yield* Fiber.join(receiving)
  for (const fiber of writing) yield* Fiber.join(fiber)
  return { bytes, delivered, end: client.inputEnd, reason: server.closeReason, taken }
})

describe("CloseLadder, however its fibers are preempted", () => {
  it.prop(
    "B76 S54 S62 FF-07 every frame that was taken arrives, whole and in order, then EOF, and nothing else does",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const { bytes, delivered, end, reason, taken } = simulate(plan.seed, play(plan))
      const arrived = bytes.filter((_, at) => at % 5 === 0)
      assert.deepStrictEqual(
        bytes,
        arrived.flatMap((who) => Array.from(mark(who, 5)))
      )
      // Two writers may learn of their success in another order than their frames were taken.
      assert.deepStrictEqual(arrived.toSorted(ascending), taken.toSorted(ascending))
      for (const writer of plan.writers.keys()) {
        const own = arrived.filter((who) => who > writer * 4 && who <= writer * 4 + 4)
        assert.deepStrictEqual(own, own.toSorted(ascending))
      }
      assert.deepStrictEqual({ delivered, end }, { delivered: true, end: "eof" })
      assert.include(["both-ended", "released"], reason)
    },
    { arbitrary: { runs: 500 } }
  )
})
