import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as ConnectionPool from "tidegate/ConnectionPool"
import { DialError } from "tidegate/DialError"
import { classOf } from "tidegate/ErrorClass"
import { InvalidOptions } from "tidegate/Errors"
import {
  ask,
  assertNothingOpen,
  atRest,
  attentive,
  bytes,
  nth,
  onNetwork,
  openDials,
  server,
  target
} from "./Client.ts"

const idOf = <E>(pool: ConnectionPool.ConnectionPool<E>) =>
  pool.withConnection((connection) => Effect.as(ask(connection), connection.id))

describe("a pool of connections", () => {
  onNetwork(
    "uses the connection again that was used last, and dials no more than it needs",
    Effect.gen(function* () {
      yield* server()
      const pool = yield* ConnectionPool.make(target)
      assert.deepStrictEqual([yield* idOf(pool), yield* idOf(pool)], [1, 1])
      const both = yield* Effect.all([idOf(pool), idOf(pool)], { concurrency: 2 })
      assert.sameMembers(both, [1, 2])
      assert.deepStrictEqual(yield* pool.stats, { idle: 2, lent: 0, waiting: 0 })
      assert.strictEqual(yield* openDials, 2)
    })
  )

  onNetwork(
    "bounded: at the limit a use waits, first come first served, and can be interrupted",
    Effect.gen(function* () {
      yield* attentive
      const pool = yield* ConnectionPool.make(target, { maxConnections: 2 })
      const gates = yield* Effect.forEach([0, 1], () => Latch.make())
      const order: Array<string> = []
      const use = (name: string, until: Effect.Effect<void>) =>
        Effect.tap(
          Effect.forkChild(
            pool.withConnection((connection) => {
              order.push(`${name} ${connection.id}`)
              return until
            })
          ),
          () => atRest
        )
      for (const gate of gates) yield* use("first", gate.await)
      const given = yield* use("given up", Effect.void)
      const last = yield* use("last", Effect.void)
      assert.deepStrictEqual(yield* pool.stats, { idle: 0, lent: 2, waiting: 2 })
      yield* Fiber.interrupt(given)
      yield* gates[1]?.open ?? Effect.void
      yield* Fiber.join(last)
      assert.deepStrictEqual(order, ["first 1", "first 2", "last 2"])
      assert.strictEqual(yield* openDials, 2)
      yield* gates[0]?.open ?? Effect.void
    })
  )

  onNetwork(
    "bounded: so many uses may wait, one more is refused at once, and a place that is given up is free again",
    Effect.gen(function* () {
      yield* attentive
      const pool = yield* ConnectionPool.make(target, { maxConnections: 1, maxWaiting: 2 })
      const gate = yield* Latch.make()
      const use = Effect.forkChild(pool.withConnection(() => gate.await))
      const [used, ...waiting] = yield* Effect.forEach([0, 1, 2], () => Effect.tap(use, () => atRest))
      const refused = yield* Effect.flip(pool.withConnection(() => Effect.void))
      assert.instanceOf(refused, ConnectionPool.WaitingRoomFull)
      assert.strictEqual(
        refused.message,
        "client of 127.0.0.1:7: as many uses wait as may (maxWaiting 2): it may succeed later"
      )
      assert.strictEqual(classOf(refused), "temporary")
      yield* Effect.forEach(waiting.slice(0, 1), Fiber.interrupt)
      const again = yield* use
      yield* atRest
      assert.isUndefined(again.pollUnsafe())
      assert.deepStrictEqual(yield* pool.stats, { idle: 0, lent: 1, waiting: 2 })
      yield* gate.open
      yield* Effect.forEach([used, ...waiting.slice(1), again], (fiber) => (fiber ? Fiber.join(fiber) : Effect.void))
      assert.strictEqual(yield* pool.withConnection(() => Effect.succeed("in")), "in")
    })
  )

  onNetwork(
    "bounded: with a maxWaiting of 0 a use gets a connection or is refused, and a drain is told before a full room",
    Effect.gen(function* () {
      yield* attentive
      const pool = yield* ConnectionPool.make(target, { maxConnections: 1, maxWaiting: 0, drainTimeout: 0 })
      yield* Effect.forkChild(pool.withConnection(() => Effect.never))
      yield* atRest
      assert.strictEqual((yield* Effect.flip(pool.withConnection(() => Effect.void)))._tag, "WaitingRoomFull")
      yield* Effect.forkChild(pool.drain)
      yield* atRest
      assert.strictEqual((yield* Effect.flip(pool.withConnection(() => Effect.void)))._tag, "ClientStopped")
    })
  )

  for (const [what, send] of [
    ["FIN", "end"],
    ["RST", "abort"],
    ["bytes that nobody has asked for", "write"]
  ] as const) {
    onNetwork(
      `FF-85 an idle connection on which ${what} came is never handed out`,
      Effect.gen(function* () {
        const peers = yield* attentive
        const pool = yield* ConnectionPool.make(target, { lingerTimeout: 100 })
        yield* pool.withConnection(() => Effect.void)
        const wire = nth(peers, 0)
        yield* send === "write" ? wire.write(bytes("surprise")) : wire[send]
        yield* atRest
        assert.deepStrictEqual(yield* pool.stats, { idle: 0, lent: 0, waiting: 0 })
        assert.strictEqual(yield* pool.withConnection(({ id }) => Effect.succeed(id)), 2)
        yield* TestClock.adjust(100)
        assert.strictEqual(yield* openDials, 1)
      })
    )
  }

  onNetwork(
    "FF-85 bytes that a use has left unread cost its connection, and so does a failure, an interruption or a defect",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target, { lingerTimeout: 10 })
      yield* pool.withConnection(() => Effect.andThen(nth(peers, -1).write(bytes("unread")), atRest))
      yield* Effect.exit(pool.withConnection(() => Effect.fail("no")))
      yield* Effect.exit(pool.withConnection(() => Effect.die("broken")))
      const interrupted = yield* Effect.forkChild(pool.withConnection(() => Effect.never))
      yield* atRest
      yield* Fiber.interrupt(interrupted)
      yield* TestClock.adjust(10)
      assert.lengthOf(peers.accepted, 4)
      assert.isTrue(
        peers.accepted.every((wire) => wire.peerEnded),
        "each was ended, and none was reset"
      )
      assert.strictEqual(yield* openDials, 0)
    })
  )

  onNetwork(
    "a connection that its use has ended is not used again",
    Effect.gen(function* () {
      yield* attentive
      const pool = yield* ConnectionPool.make(target)
      yield* pool.withConnection((connection) => connection.end)
      assert.strictEqual(yield* pool.withConnection(({ id }) => Effect.succeed(id)), 2)
    })
  )

  onNetwork(
    "FF-85 a server that closes idle connections at t: a use before t has the old connection, one after t a new one",
    Effect.gen(function* () {
      yield* server({ idleTimeout: "10 seconds" })
      const pool = yield* ConnectionPool.make(target, { idleTimeout: "Infinity" })
      assert.strictEqual(yield* idOf(pool), 1)
      yield* TestClock.adjust(9999)
      assert.strictEqual(yield* idOf(pool), 1)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(yield* idOf(pool), 2)
    })
  )

  onNetwork(
    "FF-85 a use in the very moment in which the server closes fails, says why, and may be repeated",
    Effect.gen(function* () {
      yield* server({ idleTimeout: "10 seconds" })
      const pool = yield* ConnectionPool.make(target, { idleTimeout: "Infinity" })
      const dialled = yield* Effect.forkChild(idOf(pool))
      yield* TestClock.adjust(200)
      yield* Fiber.join(dialled)
      // The server's time counts from 120 on, when the line has come: its FIN is under way from 10,120 to 10,160.
      yield* TestClock.adjust(9940)
      const met = yield* Effect.forkChild(Effect.flip(idOf(pool)))
      yield* TestClock.adjust(200)
      const failed = yield* Fiber.join(met)
      assert.instanceOf(failed, ConnectionPool.UseFailed)
      const { bytesRead, bytesWritten, reused } = failed
      assert.deepStrictEqual({ bytesRead, bytesWritten, reused }, { bytesRead: 0, bytesWritten: 3, reused: true })
      assert.isTrue(ConnectionPool.mayRepeat(failed, "idempotent"))
      const again = yield* Effect.forkChild(idOf(pool))
      yield* TestClock.adjust(200)
      assert.strictEqual(yield* Fiber.join(again), 2)
    }),
    { link: { latency: 40 } }
  )

  onNetwork(
    "FF-85 a new connection that breaks says that it is new, so that nobody tries for ever",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target)
      const used = yield* Effect.forkChild(Effect.flip(idOf(pool)))
      yield* atRest
      yield* nth(peers, 0).abort
      const failed = yield* Fiber.join(used)
      assert.instanceOf(failed, ConnectionPool.UseFailed)
      assert.isFalse(failed.reused)
      assert.isFalse(ConnectionPool.mayRepeat(failed, "idempotent"))
      const nothing = yield* Effect.flip(pool.withConnection(() => Effect.fail("before a byte was sent")))
      assert.instanceOf(nothing, ConnectionPool.UseFailed)
      assert.isTrue(ConnectionPool.mayRepeat(nothing, "once"))
    })
  )

  onNetwork(
    "FF-85 what was idle for the idleTimeout is not handed out any more, to the millisecond, and is ended some time later",
    Effect.gen(function* () {
      yield* server()
      const pool = yield* ConnectionPool.make(target, { idleTimeout: "1 second" })
      assert.strictEqual(yield* idOf(pool), 1)
      yield* TestClock.adjust(999)
      assert.strictEqual(yield* idOf(pool), 1)
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* idOf(pool), 2)
      yield* TestClock.adjust(2000)
      yield* atRest
      assert.strictEqual(yield* openDials, 0)
    })
  )

  onNetwork(
    "with an idleTimeout of 0 each connection serves one use, also where another one waits for it",
    Effect.gen(function* () {
      yield* server()
      const pool = yield* ConnectionPool.make(target, { idleTimeout: 0, maxConnections: 1 })
      const ids = yield* Effect.all([idOf(pool), idOf(pool), idOf(pool)], { concurrency: 3 })
      assert.sameMembers(ids, [1, 2, 3])
      yield* atRest
      assert.strictEqual(yield* openDials, 0)
    })
  )

  onNetwork(
    "minConnections are there before anybody asks, and are replaced when lost; a use of one says that it was there before",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target, { minConnections: 2, maxConnections: 3 })
      yield* atRest
      assert.lengthOf(peers.accepted, 2)
      yield* nth(peers, 0).end
      yield* TestClock.adjust(500)
      assert.lengthOf(peers.accepted, 3)
      const failed = yield* Effect.flip(pool.withConnection(() => Effect.fail("no")))
      assert.isTrue(failed._tag === "UseFailed" && failed.reused)
    })
  )

  onNetwork(
    "FF-15 a server that drops every connection at once is not dialled without pauses for the sake of minConnections",
    Effect.gen(function* () {
      const peers = yield* attentive
      yield* ConnectionPool.make(target, { minConnections: 1 })
      yield* atRest
      let dropped = 0
      for (let at = 0; at < 600; at++) {
        for (; dropped < peers.accepted.length; dropped++) yield* nth(peers, dropped).abort
        yield* TestClock.adjust(100)
      }
      assert.isTrue(dropped >= 5 && dropped <= 15, `${dropped} connections in a minute`)
    }).pipe(Random.withSeed("dropped"))
  )

  onNetwork(
    "a dial that fails is an error of who has asked, and the next one is dialled anew",
    Effect.gen(function* () {
      const pool = yield* ConnectionPool.make(target, { maxConnections: 1 })
      const failures = yield* Effect.all([Effect.flip(idOf(pool)), Effect.flip(idOf(pool))], { concurrency: 2 })
      for (const failure of failures) assert.instanceOf(failure, DialError)
      yield* server()
      assert.isAbove(yield* idOf(pool), 0)
    })
  )

  onNetwork(
    "sets each new connection up once; a failure there leaves nothing open",
    Effect.gen(function* () {
      yield* server()
      let times = 0
      const pool = yield* ConnectionPool.make(target, {
        setup: (connection) =>
          Effect.andThen(
            ask(connection, "hello"),
            Effect.suspend(() => (++times === 1 ? Effect.fail("not yet") : Effect.void))
          )
      })
      assert.strictEqual(yield* Effect.flip(idOf(pool)), "not yet")
      yield* assertNothingOpen
      const id = yield* idOf(pool)
      assert.strictEqual(yield* idOf(pool), id)
      assert.strictEqual(times, 2)
    })
  )

  onNetwork(
    "B7 bad options name every key, and nothing is dialled",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const failed = yield* Effect.flip(
        ConnectionPool.make(target, { maxConnections: 0, idleTimeout: -1, dial: { maxAttempts: 0 } })
      )
      assert.instanceOf(failed, InvalidOptions)
      for (const key of ["maxConnections", "idleTimeout", "maxAttempts"]) assert.include(failed.message, key)
      const more = yield* Effect.flip(ConnectionPool.make(target, { maxConnections: 1, minConnections: 2 }))
      assert.include(more.message, "minConnections: got 2")
      assert.strictEqual(network.connectionCount().opened, 0)
    })
  )
})

describe("the end of a pool", () => {
  onNetwork(
    "FF-07 idle connections end at once, those in use after their use, and who waits is refused",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target, { maxConnections: 2 })
      yield* Effect.forEach([0, 1], () => pool.withConnection(() => atRest), { concurrency: 2 })
      const used = yield* Effect.forkChild(pool.withConnection((connection) => ask(connection)))
      const other = yield* Effect.forkChild(pool.withConnection((connection) => ask(connection)))
      yield* atRest
      const [first, second] = [nth(peers, 0), nth(peers, 1)]
      yield* first.write(bytes("one"))
      yield* atRest
      const waiting = yield* Effect.forkChild(
        Effect.flip(Effect.forEach([0, 1, 2], () => pool.withConnection(() => Effect.never), { concurrency: 3 }))
      )
      yield* atRest
      const draining = yield* Effect.forkChild(pool.drain)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "ClientStopped")
      assert.strictEqual((yield* Effect.flip(idOf(pool)))._tag, "ClientStopped")
      yield* second.write(bytes("two"))
      assert.sameMembers([yield* Fiber.join(used), yield* Fiber.join(other)], ["one", "two"])
      yield* atRest
      assert.isTrue(first.peerEnded && second.peerEnded)
      yield* first.end
      yield* second.end
      assert.deepStrictEqual(yield* Fiber.join(draining), { ended: 2, aborted: 0 })
      assert.deepStrictEqual(yield* pool.drain, { ended: 2, aborted: 0 })
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "what does not end is aborted at the deadline, and a use that goes on without its connection is not waited for",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target, { drainTimeout: "1 second", lingerTimeout: "Infinity" })
      yield* Effect.forkChild(pool.withConnection(() => Effect.never))
      yield* pool.withConnection(() => Effect.void)
      yield* atRest
      const draining = yield* Effect.forkChild(pool.drain)
      yield* TestClock.adjust(999)
      assert.isUndefined(draining.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(draining), { ended: 0, aborted: 2 })
      assert.strictEqual(yield* nth(peers, 0).closed, "reset-received")
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "the end of the scope interrupts dials, drains, and leaves nothing, whatever ends it",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* attentive
      const life = Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* ConnectionPool.make(target, { lingerTimeout: 100, minConnections: 1 })
          yield* pool.withConnection(() => Effect.void)
          yield* Effect.orDie(network.scriptDials(target, "silent"))
          const using = yield* Effect.forkChild(pool.withConnection(() => Effect.never))
          const dialling = yield* Effect.forkChild(pool.withConnection(() => Effect.never))
          yield* atRest
          yield* Fiber.interrupt(using)
          return dialling
        })
      )
      const fiber = yield* Effect.forkChild(life)
      yield* Effect.repeat(atRest, { times: 3 })
      yield* TestClock.adjust(100)
      assert.isDefined(yield* Fiber.join(fiber))
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "interrupting a drain undoes nothing",
    Effect.gen(function* () {
      yield* attentive
      const pool = yield* ConnectionPool.make(target, { lingerTimeout: 50 })
      yield* pool.withConnection(() => Effect.void)
      const draining = yield* Effect.forkChild(pool.drain, { startImmediately: true })
      yield* Fiber.interrupt(draining)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(draining)))
      yield* TestClock.adjust(50)
      yield* assertNothingOpen
    })
  )
})
