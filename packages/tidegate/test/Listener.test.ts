import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { portOf } from "tidegate/Address"
import { closedLocally, type TransportError } from "tidegate/Errors"
import type { ServerEvent } from "tidegate/Events"
import type { Connection, Listener } from "tidegate/Transport"
import { accept, type Taker, takeAllUnsafe } from "../src/Listener.ts"
import { settled } from "./support/Quiet.ts"
import { simulate } from "./support/Simulation.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const turns = (count: number): Effect.Effect<void> =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 })

/** An accept fiber on a network of its own, with everything that it did. */
class Acceptor {
  readonly network: SimulatedNetwork["Service"]
  readonly listener: Listener
  readonly adopted: Array<Connection> = []
  readonly events: Array<ServerEvent> = []
  /** At which virtual time, in milliseconds, each accept failed, and how many had failed in a row. */
  readonly failures: Array<readonly [at: number, consecutive: number]> = []
  readonly logged: Array<unknown> = []
  private readonly clock: Clock.Clock

  constructor(network: SimulatedNetwork["Service"], listener: Listener, clock: Clock.Clock) {
    this.network = network
    this.listener = listener
    this.clock = clock
  }

  readonly taker: Taker = {
    adopt: (connection) => void this.adopted.push(connection),
    emit: (event) => {
      this.events.push(event)
      if (event._tag === "AcceptFailed") this.failures.push([this.clock.currentTimeMillisUnsafe(), event.consecutive])
    }
  }

  /** Runs the accept fiber with a logger that only counts. */
  get start(): Effect.Effect<Fiber.Fiber<TransportError>, never, Scope.Scope> {
    return Effect.forkScoped(accept(this.listener, this.taker), { startImmediately: true }).pipe(
      Effect.provide(Logger.layer([Logger.make(({ message }) => void this.logged.push(message))]))
    )
  }

  get codes(): ReadonlyArray<string> {
    return this.events.map((event) => (event._tag === "AcceptFailed" ? event.error.code : event._tag))
  }

  /** Dials, whatever becomes of it. */
  dial(times: number): Effect.Effect<void, never, Scope.Scope> {
    const { network } = this
    const one = network.transport.dial({ host: "127.0.0.1", port: portOf(this.listener.address) ?? 0 })
    return Effect.andThen(Effect.repeat(Effect.ignore(one), { times: times - 1 }), this.quiet)
  }

  get quiet(): Effect.Effect<void> {
    return settled(() => this.adopted.length + this.events.length + this.listener.pendingUnsafe())
  }

  /** A millisecond-exact clock would need as many turns; the pauses here are multiples of 5 ms. */
  pass(milliseconds: number): Effect.Effect<void> {
    return Effect.repeat(Effect.andThen(TestClock.adjust("5 millis"), this.quiet), { times: milliseconds / 5 - 1 })
  }
}

const acceptor = Effect.gen(function* () {
  const network = yield* SimulatedNetwork.make()
  const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
  return new Acceptor(network, listener, yield* Clock.Clock)
})

const times = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

describe("the accept fiber", () => {
  it.effect("S84 takes everything that is pending and waits for nothing else", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.dial(3)
      assert.strictEqual(own.listener.pendingUnsafe(), 3)
      const fiber = yield* own.start
      assert.strictEqual(own.adopted.length, 3)
      yield* own.dial(2)
      assert.strictEqual(own.adopted.length, 5)
      assert.isUndefined(fiber.pollUnsafe())
    })
  )

  it.effect(
    "S37 B42 each temporary errno once: an event with its reason, the same fiber, and the next client is taken",
    () =>
      Effect.gen(function* () {
        const own = yield* acceptor
        const fiber = yield* own.start
        const codes = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "EINTR", "EPERM", "EPROTO", "ECONNABORTED"]
        for (const code of codes) {
          yield* own.network.scriptAccepts([code, undefined])
          yield* own.dial(2)
          yield* own.pass(5)
          assert.strictEqual(own.codes.at(-1), code)
        }
        assert.deepStrictEqual(own.codes, codes)
        assert.strictEqual(own.adopted.length, codes.length)
        assert.isUndefined(fiber.pollUnsafe())
      })
  )

  it.effect(
    "S38 B41 FF-48 five EMFILE in a row: 5, 10, 20, 40 and 80 ms of pause, a live client unharmed, later ones served",
    () =>
      Effect.gen(function* () {
        const own = yield* acceptor
        yield* own.start
        yield* own.dial(1)
        const [live] = own.adopted
        yield* own.network.scriptAccepts(times(5, "EMFILE"))
        yield* own.dial(7)
        yield* own.pass(150)
        const starts = [0, 5, 15, 35, 75]
        assert.deepStrictEqual(
          own.failures,
          starts.map((at, before) => [at, before + 1])
        )
        assert.strictEqual(own.adopted.length, 1)
        yield* own.pass(5)
        assert.strictEqual(own.adopted.length, 3)
        yield* Effect.orDie(live?.write(new Uint8Array(1)) ?? Effect.die("no live client"))
        assert.isUndefined(live?.closeReason)
      })
  )

  it.effect("S38 FF-48 ten seconds of nothing but EMFILE: 17 attempts, no pause above a second, and 5 log lines", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.start
      yield* own.network.scriptAccepts(times(500, "EMFILE"))
      yield* own.dial(500)
      yield* own.pass(10_000)
      const at = own.failures.map(([at]) => at)
      assert.deepStrictEqual(at, [
        0,
        5,
        15,
        35,
        75,
        155,
        315,
        635,
        ...[1275, 2275, 3275, 4275, 5275, 6275, 7275, 8275, 9275]
      ])
      assert.strictEqual(own.logged.length, 5)
    })
  )

  it.effect("S38 FF-48 a success ends the row: the next error waits 5 ms again and is logged again", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.start
      yield* own.network.scriptAccepts([...times(3, "EMFILE"), undefined, "EMFILE", undefined])
      yield* own.dial(6)
      yield* own.pass(50)
      assert.deepStrictEqual(own.failures, [
        [0, 1],
        [5, 2],
        [15, 3],
        [35, 1]
      ])
      assert.strictEqual(own.adopted.length, 2)
      assert.strictEqual(own.logged.length, 3)
    })
  )

  it.effect(
    "S38 FF-48 what goes wrong with one connection neither makes the pause for resources longer nor ends its row",
    () =>
      Effect.gen(function* () {
        const own = yield* acceptor
        yield* own.start
        yield* own.network.scriptAccepts([...times(9, "ECONNABORTED"), "EMFILE", "ECONNABORTED", "EMFILE", "EMFILE"])
        yield* own.dial(13)
        yield* own.pass(50)
        assert.deepStrictEqual(own.failures.slice(8), [
          [0, 9],
          [0, 10],
          [5, 11],
          [5, 12],
          [15, 13]
        ])
      })
  )

  it.effect("FF-48 B46 a flood of ECONNABORTED costs no pause and 10 log lines for a thousand", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.start
      yield* own.network.scriptAccepts(times(1000, "ECONNABORTED"))
      yield* own.dial(1001)
      assert.strictEqual(own.failures.length, 1000)
      assert.isTrue(own.failures.every(([at]) => at === 0))
      assert.strictEqual(own.adopted.length, 1)
      assert.strictEqual(own.logged.length, 10)
    })
  )

  it.effect("S41 FF-48 a fatal error ends it and is its result; who was accepted before is taken all the same", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.dial(2)
      yield* own.network.failListener(own.listener.address, "EBADF")
      const error = yield* Fiber.join(yield* own.start)
      assert.strictEqual(error.code, "EBADF")
      assert.strictEqual(error.errorClass, "fatal")
      assert.strictEqual(own.adopted.length, 2)
      assert.deepStrictEqual(own.events, [])
    })
  )

  it.effect("S39 a listener that is closed by this side ends it with a code of its own", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      const fiber = yield* own.start
      own.listener.closeUnsafe()
      assert.strictEqual((yield* Fiber.join(fiber)).code, closedLocally)
    })
  )

  it.effect("S41 a listener that dies while an error is waited out ends it at once, not after the pause", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      const fiber = yield* own.start
      yield* own.network.scriptAccepts(["EMFILE"])
      yield* own.dial(1)
      yield* own.network.failListener(own.listener.address, "EBADF")
      assert.strictEqual((yield* Fiber.join(fiber)).code, "EBADF")
    })
  )

  it.effect("S43 interrupted while it waits, or while it waits an error out: nothing was taken that nobody has", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      const first = yield* own.start
      yield* Fiber.interrupt(first)
      const second = yield* own.start
      yield* own.network.scriptAccepts(["EMFILE"])
      yield* own.dial(3)
      yield* Fiber.interrupt(second)
      assert.strictEqual(own.adopted.length, 0)
      assert.strictEqual(own.listener.pendingUnsafe(), 2)
      yield* own.start
      assert.strictEqual(own.adopted.length, 2)
    })
  )

  it.effect("B40 a logger that throws does not end it", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      const throwing = Logger.make((): void => {
        throw new Error("a logger's defect")
      })
      yield* Effect.forkScoped(accept(own.listener, own.taker), { startImmediately: true }).pipe(
        Effect.provide(Logger.layer([throwing]))
      )
      yield* own.network.scriptAccepts(["EMFILE", undefined])
      yield* own.dial(2)
      yield* own.pass(5)
      assert.strictEqual(own.adopted.length, 1)
    })
  )

  it.effect("S43 takeAllUnsafe stops at the first error and leaves the rest for the next call", () =>
    Effect.gen(function* () {
      const own = yield* acceptor
      yield* own.network.scriptAccepts([undefined, "EMFILE", undefined])
      yield* own.dial(3)
      assert.strictEqual(takeAllUnsafe(own.listener, own.taker.adopt)?.code, "EMFILE")
      assert.strictEqual(own.adopted.length, 1)
      assert.isUndefined(takeAllUnsafe(own.listener, own.taker.adopt))
      assert.strictEqual(own.adopted.length, 2)
      assert.strictEqual(own.listener.pendingUnsafe(), 0)
    })
  )

  it.prop(
    "S43 S37 interrupted and started again at any operation, with errors in between: every connection is taken exactly once",
    {
      seed: between(0, 1_000_000_000),
      dials: Arbitrary.array(Arbitrary.schema(between(0, 6)), { minLength: 1, maxLength: 8 }),
      faults: Arbitrary.array(Arbitrary.schema(Schema.Literals(["", "", "EMFILE", "ECONNABORTED"])), { maxLength: 6 }),
      stops: Arbitrary.array(Arbitrary.schema(between(0, 12)), { maxLength: 4 })
    },
    ({ dials, faults, seed, stops }) => {
      const { adopted, failures } = simulate(
        seed,
        Effect.gen(function* () {
          const own = yield* acceptor
          yield* own.network.scriptAccepts(faults.map((code) => (code === "" ? undefined : code)))
          for (const turnsBefore of dials) {
            yield* Effect.forkScoped(Effect.andThen(turns(turnsBefore), own.dial(1)))
          }
          for (const turnsBefore of stops) {
            const fiber = yield* own.start
            yield* turns(turnsBefore)
            yield* Fiber.interrupt(fiber)
          }
          yield* own.start
          yield* Effect.sleep("1 minute")
          return { adopted: own.adopted, failures: own.failures }
        })
      )
      assert.strictEqual(new Set(adopted).size, adopted.length)
      assert.strictEqual(adopted.length + failures.length, dials.length)
    },
    { arbitrary: { runs: 300 } }
  )
})
