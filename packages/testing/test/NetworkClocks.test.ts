/**
 * The network on each of the clocks it can run on.
 */
import { assert, describe, it } from "@effect/vitest"
import { connect, dial, listen, readAtLeast, text } from "@tidegate/testing/conformance/Script"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Transport } from "tidegate/Transport"
import { alarmOf } from "../src/internal/network/Alarm.ts"
import { now, outcomeOf, simulate } from "./support/NetworkStage.ts"

describe("clocks", () => {
  const link = { latency: 10 }

  it("quiet waits for what is delayed", () => {
    simulate(
      { link },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client } = yield* connect()
        yield* client.write(text("x"))
        const from = yield* now
        yield* network.quiet
        assert.strictEqual(yield* now, from + 10)
      })
    )
  })

  it("quiet waits for what is sent while it looks", () => {
    let late = 0
    for (let turns = 0; turns < 6; turns++) {
      simulate(
        { link },
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client } = yield* connect()
          const from = yield* now
          const quiet = yield* Effect.forkScoped(Effect.andThen(network.quiet, now), { startImmediately: true })
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
          if (quiet.pollUnsafe() !== undefined) return
          late++
          yield* client.write(text("x"))
          assert.strictEqual(yield* Fiber.join(quiet), from + 10, `${turns} turns`)
        })
      )
    }
    assert.isAbove(late, 2)
  })

  it.effect("TestClock moves the network, and nothing arrives before its time", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const connecting = yield* Effect.forkChild(connect())
      yield* TestClock.adjust(19)
      assert.isUndefined(connecting.pollUnsafe())
      yield* TestClock.adjust(1)
      const { client, server } = yield* Fiber.join(connecting)
      yield* client.write(text("x"))
      const quiet = yield* Effect.forkChild(network.quiet)
      yield* TestClock.adjust("9500 micros")
      assert.isUndefined(quiet.pollUnsafe())
      yield* TestClock.adjust("500 micros")
      assert.isDefined(quiet.pollUnsafe())
      assert.deepStrictEqual(yield* readAtLeast(server, 1), text("x"))
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link })))
  )

  it.effect("a clock between two milliseconds does not wake the network early, late or for ever", () =>
    Effect.gen(function* () {
      for (let micros = 1; micros < 1000; micros += 31) {
        yield* Effect.gen(function* () {
          yield* TestClock.adjust(`${micros} micros`)
          const connecting = yield* Effect.forkChild(connect())
          yield* TestClock.adjust("18 millis")
          assert.isUndefined(connecting.pollUnsafe(), `${micros} µs`)
          yield* TestClock.adjust("2 millis")
          assert.isDefined(connecting.pollUnsafe(), `${micros} µs`)
        }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link })))
      }
    })
  )

  it.live("the live clock too", () =>
    Effect.gen(function* () {
      const from = yield* now
      const { client, server } = yield* connect()
      yield* client.write(text("x"))
      assert.deepStrictEqual(yield* readAtLeast(server, 1), text("x"))
      assert.isAtLeast((yield* now) - from, 6)
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link: { latency: 2 } })))
  )

  const lastSetting = Effect.gen(function* () {
    const woken: Array<string> = []
    const alarm = alarmOf(yield* Effect.context<never>())
    const at = alarm.now()
    alarm.set(at + 5, () => woken.push("taken back by the next"))
    alarm.set(at + 9, () => woken.push("last"))
    yield* Effect.sleep(20)
    alarm.set(alarm.now() + 5, () => woken.push("taken back"))
    alarm.clear()
    alarm.clear()
    alarm.set(alarm.now(), () => alarm.set(alarm.now() + 5, () => woken.push("set by the other")))
    alarm.clear()
    yield* Effect.sleep(20)
    return woken
  })

  it("an alarm wakes for its last setting only", () => {
    assert.deepStrictEqual(resultOf(run(lastSetting)), ["last"])
  })

  it.effect("an alarm wakes for its last setting only, under TestClock", () =>
    Effect.gen(function* () {
      const woken = yield* Effect.forkChild(lastSetting)
      for (let turned = 0; turned < 50; turned++) yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(woken), ["last"])
    })
  )

  it("I-S3 the end of the network leaves no sleeper and no fiber, in the census or outside", () => {
    const outcome = outcomeOf(
      { link: { latency: 1_000_000 } },
      Effect.gen(function* () {
        const listener = yield* listen()
        yield* Effect.forkScoped(dial(listener), { startImmediately: true })
        yield* Effect.yieldNow
      })
    )
    resultOf(outcome)
    assert.deepStrictEqual([outcome.ending, outcome.milliseconds, outcome.fibers.alive], ["done", 0, 0])
  })

  it.effect("I-S3 one sleeper at a time, for the earliest delivery, and none after the end", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let asleep = 0
      let most = 0
      const watched: Clock.Clock = {
        ...clock,
        sleep: (duration) =>
          Effect.suspend(() => {
            most = Math.max(most, ++asleep)
            return Effect.ensuring(
              clock.sleep(duration),
              Effect.sync(() => asleep--)
            )
          })
      }
      yield* Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const pairs = [yield* connect(), yield* connect(), yield* connect(), yield* connect()]
        for (const [at, latency] of [50, 30, 40, 10].entries()) {
          yield* network.link(`c${at + 1}`, { latency })
          yield* pairs[at]?.client.write(text("x")) ?? Effect.void
        }
        assert.strictEqual(asleep, 1)
        yield* TestClock.adjust(39)
        for (const [at, arrived] of [false, true, false, true].entries()) {
          const waiting = yield* Effect.forkChild(pairs[at]?.server.readable ?? Effect.void)
          yield* TestClock.adjust(0)
          assert.strictEqual(waiting.pollUnsafe() !== undefined, arrived, `c${at + 1}`)
        }
        assert.strictEqual(asleep, 1)
      }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()), Effect.provideService(Clock.Clock, watched))
      assert.deepStrictEqual([asleep, most], [0, 1])
      yield* Effect.gen(function* () {
        const scope = yield* Scope.make()
        const network = yield* Scope.provide(SimulatedNetwork.make({ link }), scope)
        const connecting = yield* Effect.forkChild(Effect.provideService(connect(), Transport, network.transport))
        yield* TestClock.adjust(20)
        const { client } = yield* Fiber.join(connecting)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* client.closed, "failed")
        assert.strictEqual(asleep, 0, "what is reset by the end of the network is not delivered any more")
      }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, watched))
    })
  )
})
