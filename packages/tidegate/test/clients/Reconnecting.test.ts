import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { InvalidOptions } from "tidegate/Errors"
import * as Reconnecting from "tidegate/Reconnecting"
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

/** Pauses that a test can count on. */
const everySecond = Schedule.spaced("1 second")

/** Every state from now on but the first, in words. */
const watch = <E>(client: Reconnecting.Reconnecting<E>) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const note = (state: Reconnecting.ReconnectingState<E>): Effect.Effect<void> =>
      Effect.sync(() => {
        const failures = "failures" in state ? ` ${state.failures}` : ""
        if (failures !== " 0") seen.push(`${state._tag}${failures}`)
      })
    yield* Effect.forkScoped(Stream.runForEach(SubscriptionRef.changes(client.state), note), { startImmediately: true })
    yield* atRest
    return seen
  })

describe("a client that stays connected", () => {
  onNetwork(
    "bounded: so many uses may wait for a connection or for their turn, one more is refused at once",
    Effect.gen(function* () {
      const client = yield* Reconnecting.make(target, { schedule: everySecond, concurrency: 2, maxWaiting: 3 })
      const gate = yield* Latch.make()
      const use = Effect.tap(Effect.forkChild(client.withConnection(() => gate.await)), () => atRest)
      const refusal = Effect.map(Effect.flip(client.withConnection(() => Effect.void)), ({ _tag }) => _tag)
      const waiting = yield* Effect.forEach([0, 1, 2], () => use)
      assert.strictEqual(yield* refusal, "WaitingRoomFull")
      yield* attentive
      yield* TestClock.adjust(1000)
      // Two have a connection now.
      const more = yield* Effect.forEach([0, 1], () => use)
      assert.strictEqual(yield* refusal, "WaitingRoomFull")
      yield* Fiber.interruptAll(more)
      const again = yield* use
      assert.isUndefined(again.pollUnsafe())
      yield* gate.open
      yield* Effect.forEach([...waiting, again], Fiber.join)
      assert.strictEqual(yield* client.withConnection(() => Effect.succeed("in")), "in")
    })
  )

  onNetwork(
    "bounded: with a maxWaiting of 0 a use has its turn at once or is refused, and a drain is told before a full room",
    Effect.gen(function* () {
      const client = yield* Reconnecting.make(target, { schedule: everySecond, maxWaiting: 0, drainTimeout: 0 })
      const told = Effect.map(Effect.flip(client.withConnection(() => Effect.void)), ({ _tag }) => _tag)
      yield* atRest
      assert.strictEqual(yield* told, "WaitingRoomFull")
      yield* attentive
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* client.withConnection(() => Effect.succeed("in")), "in")
      yield* Effect.forkChild(client.withConnection(() => Effect.never))
      yield* atRest
      assert.strictEqual(yield* told, "WaitingRoomFull")
      yield* Effect.forkChild(client.drain)
      yield* atRest
      assert.strictEqual(yield* told, "ClientStopped")
    })
  )

  onNetwork(
    "waits for its server, however late it comes, and for the next one",
    Effect.gen(function* () {
      const client = yield* Reconnecting.make(target, { schedule: everySecond })
      const states = yield* watch(client)
      const answer = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* TestClock.adjust(2500)
      assert.isUndefined(answer.pollUnsafe())
      const first = yield* server()
      yield* TestClock.adjust(500)
      assert.strictEqual(yield* Fiber.join(answer), "HI\n")
      yield* first.shutdown({ drainTimeout: 0 })
      yield* atRest
      const next = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* server()
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* Fiber.join(next), "HI\n")
      assert.deepStrictEqual(states.slice(0, 7), [
        "waiting 1",
        "connecting 1",
        "waiting 2",
        "connecting 2",
        "waiting 3",
        "connecting 3",
        "connected"
      ])
      assert.deepStrictEqual(states.slice(7), ["waiting 4", "connecting 4", "connected"])
    })
  )

  onNetwork(
    "FF-15 FF-86 a server that drops every connection at once makes the pauses longer, a healthy connection ends the row",
    Effect.gen(function* () {
      const peers = yield* attentive
      const schedule = Schedule.exponential("1 second", 2)
      const client = yield* Reconnecting.make(target, { schedule, healthyInterval: "10 seconds" })
      const states = yield* watch(client)
      const drop = Effect.gen(function* () {
        yield* nth(peers, -1).abort
        yield* atRest
      })
      yield* drop
      yield* TestClock.adjust("1 second")
      yield* drop
      yield* TestClock.adjust("2 seconds")
      yield* TestClock.adjust("9999 millis")
      yield* drop
      yield* TestClock.adjust("3999 millis")
      assert.lengthOf(peers.accepted, 3)
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(peers.accepted, 4)
      yield* TestClock.adjust("10 seconds")
      yield* drop
      yield* TestClock.adjust("1 second")
      assert.lengthOf(peers.accepted, 5)
      assert.deepStrictEqual(states, [
        "connected",
        ...["waiting 1", "connecting 1", "connected"],
        ...["waiting 2", "connecting 2", "connected"],
        ...["waiting 3", "connecting 3", "connected"],
        ...["waiting 1", "connecting 1", "connected"]
      ])
    })
  )

  onNetwork(
    "FF-15 100 clients of a server that restarts come back spread over the first pause",
    Effect.gen(function* () {
      const peers = yield* attentive
      yield* Effect.forEach(Array.from({ length: 100 }), () => Reconnecting.make(target))
      yield* atRest
      assert.lengthOf(peers.accepted, 100)
      yield* TestClock.adjust("20 seconds")
      for (const wire of peers.accepted.slice()) yield* wire.abort
      const back: Array<number> = []
      for (let slice = 0; slice < 5; slice++) {
        const before = peers.accepted.length
        yield* TestClock.adjust("100 millis")
        back.push(peers.accepted.length - before)
      }
      assert.strictEqual(peers.accepted.length, 200, "all are back within the first pause, 500 milliseconds")
      for (const count of back) assert.isTrue(count >= 8 && count <= 35, back.join())
    }).pipe(Random.withSeed("storm"))
  )

  onNetwork(
    "gives up where the class of the dial says that it is hopeless, and tells who waits",
    Effect.gen(function* () {
      const client = yield* Reconnecting.make({ host: "nowhere.example", port: 7 })
      const waiting = yield* Effect.forkChild(Effect.flip(client.withConnection((connection) => ask(connection))))
      yield* atRest
      const stopped = yield* Fiber.join(waiting)
      assert.instanceOf(stopped, Reconnecting.ClientStopped)
      assert.include(stopped.message, "nowhere.example")
      const state = yield* SubscriptionRef.get(client.state)
      assert.strictEqual(state._tag, "stopped")
      assert.strictEqual(yield* Effect.flip(client.connection), stopped)
      assert.deepStrictEqual(yield* client.drain, { ended: 0, aborted: 0 })
    })
  )

  onNetwork(
    "gives up at the end of its schedule, and where it was told to",
    Effect.gen(function* () {
      const once = yield* Reconnecting.make(target, { schedule: Schedule.recurs(1) })
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Effect.flip(once.connection))._tag, "ClientStopped")
      const never = yield* Reconnecting.make(target, { giveUpOn: () => true })
      assert.strictEqual((yield* Effect.flip(never.connection))._tag, "ClientStopped")
      assert.strictEqual(yield* openDials, 0)
    })
  )

  onNetwork(
    "sets each connection up before a use gets it; a failure there is one of connecting",
    Effect.gen(function* () {
      yield* server()
      let times = 0
      const client = yield* Reconnecting.make(target, {
        schedule: everySecond,
        setup: (connection) =>
          Effect.andThen(
            ask(connection, "hello"),
            Effect.suspend(() => (++times < 3 ? Effect.fail("not yet") : Effect.void))
          )
      })
      const states = yield* watch(client)
      const answer = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* TestClock.adjust(2000)
      assert.strictEqual(yield* Fiber.join(answer), "HI\n")
      assert.deepStrictEqual(states, ["waiting 1", "connecting 1", "waiting 2", "connecting 2", "connected"])
      assert.strictEqual(yield* openDials, 1)
    })
  )

  onNetwork(
    "a defect of its own stops it, and who waits learns of it",
    Effect.gen(function* () {
      yield* server()
      const client = yield* Reconnecting.make(target, { setup: () => Effect.die("broken") })
      const stopped = yield* Effect.flip(client.connection)
      assert.strictEqual(stopped.cause, "broken")
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "FF-85 a use that meets a connection closed under it says that it was there before, and that nothing was answered",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target, { schedule: everySecond })
      yield* client.connection
      const used = yield* Effect.forkChild(Effect.flip(client.withConnection((connection) => ask(connection))))
      yield* atRest
      yield* nth(peers, 0).abort
      const failed = yield* Fiber.join(used)
      assert.instanceOf(failed, Reconnecting.UseFailed)
      const { bytesRead, bytesWritten, reused } = failed
      assert.deepStrictEqual({ bytesRead, bytesWritten, reused }, { bytesRead: 0, bytesWritten: 3, reused: true })
      assert.isTrue(Reconnecting.mayRepeat(failed, "idempotent"))
      assert.isFalse(Reconnecting.mayRepeat(failed, "once"))
    })
  )

  onNetwork(
    "FF-85 a use whose connection was made for it says so, and how much was answered before it broke",
    Effect.gen(function* () {
      const client = yield* Reconnecting.make(target, { schedule: everySecond })
      const used = yield* Effect.forkChild(
        Effect.flip(client.withConnection((connection) => Effect.andThen(ask(connection), connection.read)))
      )
      yield* atRest
      const peers = yield* attentive
      yield* TestClock.adjust(1000)
      yield* nth(peers, 0).write(bytes("half an ans"))
      yield* atRest
      yield* nth(peers, 0).end
      const failed = yield* Fiber.join(used)
      assert.instanceOf(failed, Reconnecting.UseFailed)
      assert.isFalse(failed.reused)
      assert.strictEqual(failed.bytesRead, 11)
      assert.isFalse(Reconnecting.mayRepeat(failed, "idempotent"))
    })
  )

  onNetwork(
    "one use at a time, first come first served; one that does not succeed costs the connection",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target, { schedule: everySecond })
      const order: Array<string> = []
      const use = (name: string, end: Effect.Effect<void, string>) =>
        Effect.forkChild(
          Effect.exit(
            client.withConnection((connection) => {
              order.push(`${name} ${connection.id}`)
              return Effect.andThen(Effect.sleep(10), end)
            })
          )
        )
      yield* Effect.forEach(["a", "b"], (name) => use(name, Effect.void))
      yield* use("c", Effect.fail("no"))
      yield* use("d", Effect.void)
      yield* TestClock.adjust(29)
      assert.deepStrictEqual(order, ["a 1", "b 1", "c 1"])
      yield* TestClock.adjust(1)
      assert.isTrue(nth(peers, 0).peerEnded, "the connection was ended, not reset")
      yield* TestClock.adjust(1010)
      assert.deepStrictEqual(order, ["a 1", "b 1", "c 1", "d 2"])
    })
  )

  onNetwork(
    "with more turns a failing use leaves the connection to the others",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target, { concurrency: Infinity })
      const other = yield* Effect.forkChild(client.withConnection((connection) => connection.read))
      yield* atRest
      const failed = yield* Effect.flip(client.withConnection(() => Effect.fail("no")))
      assert.strictEqual(failed._tag, "UseFailed")
      yield* nth(peers, 0).write(bytes("x"))
      assert.deepStrictEqual(Array.from(yield* Fiber.join(other)), Array.from(bytes("x")))
      assert.lengthOf(peers.accepted, 1)
    })
  )

  onNetwork(
    "FF-20 a connection that its peer has ended is handed out no more, and what it has sent before is still read",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target, { concurrency: 2, schedule: everySecond })
      const go = yield* Latch.make(false)
      const using = yield* Effect.forkChild(
        client.withConnection((connection) => Effect.andThen(go.await, connection.read))
      )
      yield* atRest
      yield* nth(peers, 0).write(bytes("last words"))
      yield* nth(peers, 0).end
      yield* atRest
      const next = yield* Effect.forkChild(client.withConnection(({ id }) => Effect.succeed(id)))
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* Fiber.join(next), 2)
      assert.isUndefined(using.pollUnsafe())
      yield* go.open
      assert.deepStrictEqual(Array.from(yield* Fiber.join(using)), Array.from(bytes("last words")))
      assert.strictEqual(yield* nth(peers, 0).closed, "both-ended")
    })
  )

  onNetwork(
    "B7 bad options name every key, and nothing is dialled",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const failed = yield* Effect.flip(
        Reconnecting.make(target, { concurrency: 0, healthyInterval: -1, dial: { attemptDelay: 1 } })
      )
      assert.instanceOf(failed, InvalidOptions)
      for (const key of ["concurrency", "healthyInterval", "attemptDelay"]) assert.include(failed.message, key)
      assert.strictEqual(network.connectionCount().opened, 0)
    })
  )
})

describe("the end of a client that stays connected", () => {
  onNetwork(
    "FF-07 a drain lets the use under way have its answer, refuses who waits, and ends with FIN",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target)
      const states = yield* watch(client)
      const used = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* atRest
      const waiting = yield* Effect.forkChild(Effect.flip(client.withConnection((connection) => ask(connection))))
      yield* atRest
      const draining = yield* Effect.forkChild(client.drain)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "ClientStopped")
      assert.strictEqual((yield* Effect.flip(client.connection))._tag, "ClientStopped")
      yield* atRest
      assert.isUndefined(draining.pollUnsafe())
      yield* nth(peers, 0).write(bytes("answer"))
      assert.strictEqual(yield* Fiber.join(used), "answer")
      yield* atRest
      assert.isTrue(nth(peers, 0).peerEnded)
      yield* nth(peers, 0).end
      assert.deepStrictEqual(yield* Fiber.join(draining), { ended: 1, aborted: 0 })
      assert.deepStrictEqual(yield* client.drain, { ended: 1, aborted: 0 })
      assert.deepStrictEqual(states, ["connected", "draining", "stopped"])
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "a use that does not end is cut at the deadline, by the connection",
    Effect.gen(function* () {
      const peers = yield* attentive
      const client = yield* Reconnecting.make(target, { drainTimeout: "1 second" })
      const used = yield* Effect.forkChild(Effect.flip(client.withConnection((connection) => ask(connection))))
      yield* atRest
      const draining = yield* Effect.forkChild(client.drain)
      yield* TestClock.adjust(999)
      assert.isUndefined(draining.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(draining), { ended: 0, aborted: 1 })
      assert.strictEqual((yield* Fiber.join(used))._tag, "UseFailed")
      assert.strictEqual(yield* nth(peers, 0).closed, "reset-received")
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "the end of the scope is a drain, in every state",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* attentive
      const lives: ReadonlyArray<readonly [string, Effect.Effect<void>]> = [
        ["connecting", network.scriptDials(target, "silent").pipe(Effect.orDie)],
        ["waiting", network.scriptDials(target, "ECONNREFUSED").pipe(Effect.orDie)],
        ["connected", network.scriptDials(target, undefined).pipe(Effect.orDie)]
      ]
      for (const [state, prepare] of lives) {
        yield* prepare
        const life = Effect.scoped(
          Effect.gen(function* () {
            const client = yield* Reconnecting.make(target, { lingerTimeout: 100 })
            yield* atRest
            assert.strictEqual((yield* SubscriptionRef.get(client.state))._tag, state)
          })
        )
        const fiber = yield* Effect.forkChild(life)
        yield* Effect.repeat(atRest, { times: 2 })
        yield* TestClock.adjust(100)
        yield* Fiber.join(fiber)
        yield* assertNothingOpen
      }
    })
  )

  onNetwork(
    "interrupting a drain undoes nothing, and interrupting a waiting use or one under way leaves nothing",
    Effect.gen(function* () {
      yield* attentive
      const client = yield* Reconnecting.make(target, { lingerTimeout: 50, schedule: everySecond })
      const used = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* atRest
      const waiting = yield* Effect.forkChild(client.withConnection((connection) => ask(connection)))
      yield* atRest
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(used)
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* client.withConnection(({ id }) => Effect.succeed(id)), 2)
      const draining = yield* Effect.forkChild(client.drain)
      yield* atRest
      assert.isTrue(Exit.hasInterrupts(yield* Effect.andThen(Fiber.interrupt(draining), () => Fiber.await(draining))))
      yield* TestClock.adjust(50)
      yield* assertNothingOpen
      assert.strictEqual((yield* SubscriptionRef.get(client.state))._tag, "stopped")
    })
  )

  onNetwork(
    "its state says until when it waits, and why",
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const client = yield* Reconnecting.make(target, { schedule: everySecond })
      yield* atRest
      const state = yield* SubscriptionRef.get(client.state)
      assert.isTrue(state._tag === "waiting" && state.until === 6000 && state.cause._tag === "DialError")
      const peers = yield* attentive
      yield* TestClock.adjust(1200)
      yield* nth(peers, 0).end
      yield* atRest
      const lost = yield* SubscriptionRef.get(client.state)
      assert.isTrue(lost._tag === "waiting" && lost.cause._tag === "ConnectionLost")
      if (lost._tag !== "waiting" || lost.cause._tag !== "ConnectionLost") return
      assert.strictEqual(lost.cause.why, "ended")
      assert.strictEqual(Duration.toMillis(lost.cause.after), 200)
    })
  )
})
